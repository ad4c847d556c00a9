"""Small charts made of letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_BARS: Final = "▁▂▃▄▅▆▇█"


def bars(shares: Sequence[float]) -> str:
    """A bar for each share in [0, 1], in this order."""
    return "".join(_BARS[round(share * (len(_BARS) - 1))] for share in shares)


def bars_of(counts: Sequence[int]) -> str:
    """A bar for each count, the highest of them full."""
    most = max((*counts, 1))
    return bars([count / most for count in counts])
