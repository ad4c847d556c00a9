"""Copies of the audit log's head, where no user of the database can change them."""

from __future__ import annotations

import logging

from bot.core.chain import Head
from bot.core.ports import AuditLog

log = logging.getLogger(__name__)


class Heads:
    """Says in the program's log what the head is, whenever it moved.

    Where logs are collected, somebody who writes the whole audit log anew does not change these.
    """

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit
        self._said: Head | None = None

    async def look(self) -> None:
        """Log the head if it is another.

        Raises:
            StateUnavailable: it could not be read.
        """
        head = await self._audit.head()
        if head is None:
            log.error("audit_head_missing")
        elif head != self._said:
            log.info("audit_head", extra={"count": head.count, "hash": head.hash})
            self._said = head
