"""What many tests share."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# Before numpy is imported: its threads spin, and workers that run side by side would fight.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Before onnxruntime is: as in bot/__main__.py.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from knowledge.weights import Shelf, models_folder

pytest_plugins = ["tests.databases"]

# The same examples in every run, and no judgement of how fast the machine is at that moment.
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    """The weights where the product keeps them.

    Ask with `shelf.pull(name)`: it downloads what is missing, once for all parallel workers, and
    is `shelf.path(name)` afterwards. Such tests are marked `models`.
    """
    return Shelf(models_folder(os.environ))
