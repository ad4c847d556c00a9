"""What the Feishu tests share: the SDK is slow to import, so it is imported once and late."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from types import ModuleType

import pytest

from tests.adapters.feishu.desk import FIRST_KEY, Desk, desk_on
from tests.simulators.feishu import FeishuSimulator


@pytest.fixture(scope="session")
def lark() -> Callable[[str], ModuleType]:
    """Imports a module of lark_oapi; its own warnings are not ours."""

    def load(name: str) -> ModuleType:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)

    return load


@pytest.fixture(scope="session")
def lark_cipher(lark: Callable[[str], ModuleType]) -> Callable[[str], object]:
    return lark("lark_oapi.core.utils.decryptor").AESCipher


@pytest.fixture
def simulator() -> Iterator[FeishuSimulator]:
    with FeishuSimulator.running() as running:
        yield running


@pytest.fixture
async def desk(simulator: FeishuSimulator) -> AsyncIterator[Desk]:
    async with desk_on(simulator) as one:
        one.feishu.expect(FIRST_KEY)
        yield one
