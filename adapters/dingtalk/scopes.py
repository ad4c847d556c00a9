"""What the console has to grant. DingTalk lists it nowhere: calls that change nothing find out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.dingtalk.api import Api

_NOBODY: Final = "deskmate-doctor"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Probe:
    """A call about a card or a chat that does not exist. scope: what it needs."""

    scope: str
    method: str
    path: str
    body: Mapping[str, Any]


_SAYING: Final = _Probe(
    scope="qyapi_robot_sendmsg",
    method="POST",
    path="/v1.0/robot/groupMessages/send",
    body={
        "robotCode": _NOBODY,
        "msgKey": "sampleMarkdown",
        "msgParam": '{"title":"?","text":"?"}',
        "openConversationId": _NOBODY,
    },
)
_CARDS: Final = (
    _Probe(
        scope="Card.Instance.Write",
        method="PUT",
        path="/v1.0/card/instances",
        body={
            "outTrackId": _NOBODY,
            "cardData": {"cardParamMap": {"content": "?"}},
            "cardUpdateOptions": {"updateCardDataByKey": True},
        },
    ),
    _Probe(
        scope="Card.Streaming.Write",
        method="PUT",
        path="/v1.0/card/streaming",
        body={
            "outTrackId": _NOBODY,
            "guid": _NOBODY,
            "key": "content",
            "content": "?",
            "isFull": True,
            "isFinalize": False,
            "isError": False,
        },
    ),
)


async def lacking_scopes(api: Api, *, with_cards: bool) -> Sequence[str]:
    """The scopes that were not granted.

    Raises:
        ChannelError: DingTalk does not know us, or does not answer.
    """
    probes = (_SAYING, *(_CARDS if with_cards else ()))
    found = [await api.denied(probe.method, probe.path, probe.body) for probe in probes]
    names = [
        scopes or (probe.scope,)
        for probe, scopes in zip(probes, found, strict=True)
        if scopes is not None
    ]
    return tuple(dict.fromkeys(name for scopes in names for name in scopes))
