"""The page's files, ready to serve."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Final

from adapters.playground.settings import PlaygroundSettings
from adapters.playground.strings import WORDS

_PATHS: Final[Mapping[str, tuple[str, str]]] = {
    "/": ("index.html", "text/html"),
    "/playground/style.css": ("style.css", "text/css"),
    "/playground/app.js": ("app.js", "text/javascript"),
    "/playground/drawer.js": ("drawer.js", "text/javascript"),
    "/playground/view.js": ("view.js", "text/javascript"),
    "/playground/stream.js": ("stream.js", "text/javascript"),
    "/playground/icon.svg": ("icon.svg", "image/svg+xml"),
}
_SLOT: Final = "{{setup}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file as it goes over the wire."""

    body: bytes
    content_type: str


def assets(settings: PlaygroundSettings) -> Mapping[str, Asset]:
    """Every file of the page by its path, with the settings put into the page."""
    setup = html.escape(json.dumps(_setup(settings), ensure_ascii=False), quote=True)
    return {
        path: Asset(
            body=files(__name__).joinpath(name).read_text("utf-8").replace(_SLOT, setup).encode(),
            content_type=content_type,
        )
        for path, (name, content_type) in _PATHS.items()
    }


def _setup(settings: PlaygroundSettings) -> Mapping[str, object]:
    return {
        "words": {language: asdict(words) for language, words in WORDS.items()},
        "examples": {"zh": settings.examples_zh, "en": settings.examples_en},
        "knows": {"zh": settings.knows_zh, "en": settings.knows_en},
        "maxChars": settings.max_text_chars,
    }
