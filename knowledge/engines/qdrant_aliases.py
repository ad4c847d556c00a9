"""Which collection of a Qdrant server counts: an alias says it, and is moved in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.engines import qdrant_wire as wire
from knowledge.engines.qdrant_calls import Calls
from knowledge.engines.qdrant_cluster import Cluster
from knowledge.engines.qdrant_layout import Kept
from knowledge.engines.qdrant_remote import client_of

if TYPE_CHECKING:
    from pydantic import SecretStr


def alias_of(collection: str) -> str:
    """The alias for a collection as it is configured.

    No collection can have the name of an alias, so one that was made before there were aliases
    keeps its own and counts until the alias is there.
    """
    return f"{collection}-live"


class Aliases:
    """Says and changes which collection counts. Its calls raise as those of `Remote` do."""

    def __init__(self, url: str, *, api_key: SecretStr | None, cluster: Cluster) -> None:
        """Nothing is sent before the first call."""
        self._client = client_of(url, api_key=api_key, cluster=cluster)
        self._calls = Calls(url, cluster=cluster, secret=api_key)

    async def current(self, collection: str) -> Kept | None:
        """What counts where this collection is configured; None where nothing is there yet."""
        aliases = await self._calls.send(self._client.get_aliases)
        name = wire.behind(aliases, alias_of(collection)) or collection
        if not await self._calls.send(lambda: self._client.collection_exists(name)):
            return None
        found = await self._calls.send(lambda: self._client.get_collection(name))
        return Kept(name=name, layout=wire.layout_of(found.config.params))

    async def point(self, collection: str, name: str) -> None:
        """Let another collection count from now on, at once for everybody."""
        from qdrant_client import models

        alias = alias_of(collection)
        aliases = await self._calls.send(self._client.get_aliases)
        gone = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
        made = models.CreateAliasOperation(
            create_alias=models.CreateAlias(collection_name=name, alias_name=alias)
        )
        # Both in one request: the server does them together or not at all.
        moved: list[models.AliasOperations] = (
            [gone, made] if wire.behind(aliases, alias) else [made]
        )
        await self._calls.send(lambda: self._client.update_collection_aliases(moved))

    async def names(self, beginning: str) -> tuple[str, ...]:
        """The collections whose names begin so."""
        found = await self._calls.send(self._client.get_collections)
        return tuple(sorted(c.name for c in found.collections if c.name.startswith(beginning)))

    async def drop(self, name: str) -> None:
        """Delete a collection with all that is in it; one that is gone already is no trouble."""
        await self._calls.send(lambda: self._client.delete_collection(name))

    async def close(self) -> None:
        """Let go of the connection."""
        await self._client.close()
