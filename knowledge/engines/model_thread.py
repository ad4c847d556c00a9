"""A model with a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from knowledge.errors import EngineUnavailable, ModelError

Model = TypeVar("Model")
Result = TypeVar("Result")


class ModelThread(Generic[Model]):
    """Loads a model at first use, once, and uses it in one thread, away from the event loop.

    One thread, because the libraries below bring threads of their own: two computations at a
    time would only take turns on the same cores. Calls run in the order they came.
    """

    def __init__(self, name: str, load: Callable[[], Model]) -> None:
        self._name = name
        self._load = load
        self._model: Model | None = None
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, job: Callable[[Model], Result]) -> Result:
        """What `job` makes of the model.

        A caller that is cancelled stops waiting; the job itself runs to its end.

        Raises:
            EngineUnavailable: the model cannot be loaded or broke.
        """
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._run, job)

    def _run(self, job: Callable[[Model], Result]) -> Result:
        try:
            if self._model is None:
                self._model = self._load()
            return job(self._model)
        except (ModelError, RuntimeError, ValueError, OSError, MemoryError) as error:
            raise EngineUnavailable(f"{self._name}: {error}") from error
