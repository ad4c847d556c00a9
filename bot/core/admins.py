"""Cards for every administrator, each in the language usual on their platform."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from bot.core.clearance import Clearance, Sight
from bot.core.errors import ChannelError
from bot.core.experts import direct
from bot.core.model import Card, Reply
from bot.core.replies import Replies
from knowledge.model import Language

log = logging.getLogger(__name__)


class Admins:
    """Tells administrators what they should know, each once.

    keys: who they are now. languages: by platform.
    """

    def __init__(
        self,
        *,
        replies: Replies,
        keys: Callable[[], Sequence[str]],
        languages: Mapping[str, Language],
        clearance: Clearance,
        otherwise: Language = "en",
    ) -> None:
        self._replies = replies
        self._keys = keys
        self._languages = languages
        self._clearance = clearance
        self._otherwise = otherwise

    async def tell(self, name: str, card: Callable[[Language, Sight], Card]) -> None:
        """Show everybody this card who was not shown one of this name, as far as it is for them;
        who cannot be reached is left out.
        """
        for key in self._keys():
            place = direct(key)
            language = self._languages.get(place.platform, self._otherwise)
            shown = card(language, await self._clearance.of(key))
            reply = Reply(key=f"{name}/{key}", conversation=place, card=shown)
            try:
                await self._replies.once(reply)
            except (ChannelError, KeyError) as error:
                # KeyError: of a platform that is not enabled.
                log.warning("admin_not_told", extra={"admin": key, "reason": str(error)})
