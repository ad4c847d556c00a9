"""The end of a simulator's event loop: nothing stays pending, and nothing open."""

from __future__ import annotations

import asyncio


def end(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what is still under way, such as an answer that was to take long; close the loop."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
