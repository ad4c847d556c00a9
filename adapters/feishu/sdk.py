"""Feishu's official websocket client, without the ten thousand modules that its package brings.

Importing `lark_oapi` imports a class for every call and every event that Feishu has: 5 s of a
processor and 170 MB. The client of the long connection needs none of them, only names to write
into its signatures. Imported alone it takes a tenth of the time and 12 MB.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any, Final

log = logging.getLogger(__name__)

_PACKAGE: Final = "lark_oapi"
_CLIENT: Final = "lark_oapi.ws.client"
_EVENTS: Final = "lark_oapi.event.dispatcher_handler"


def import_client() -> Any:
    """The module of the client; whoever imports `lark_oapi` later gets all of it as usual."""
    if _PACKAGE in sys.modules:
        return import_module(_CLIENT)
    try:
        with _in_place_of_the_rest():
            return import_module(_CLIENT)
    except (ImportError, AttributeError) as error:
        # Another version of the package may need more of itself.
        log.info("lark_imported_whole", extra={"reason": str(error)})
        return import_module(_CLIENT)


@contextmanager
def _in_place_of_the_rest() -> Iterator[None]:
    """The package without its contents, and the name that the client takes of its events."""
    spec = find_spec(_PACKAGE)
    if spec is None:
        raise ModuleNotFoundError(_PACKAGE, name=_PACKAGE)
    events = ModuleType(_EVENTS)
    setattr(events, "EventDispatcherHandler", object)  # noqa: B010 -- a module has no such field
    stand_ins = {_PACKAGE: module_from_spec(spec), _EVENTS: events}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]
