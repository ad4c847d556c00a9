"""How values are spread, in the form that every benchmark's JSON has."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

PERCENTILES = (50, 95, 99)


def spread(values: Sequence[float], unit: str = "ms", *, digits: int = 1) -> dict[str, float]:
    """`n`, `p50_ms`, `p95_ms`, `p99_ms`, `mean_ms`; nothing but `n` where there are too few."""
    if len(values) < 2:
        return {"n": len(values)}
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    found = {f"p{at}_{unit}": round(cuts[at - 1], digits) for at in PERCENTILES}
    return {"n": len(values), **found, f"mean_{unit}": round(statistics.fmean(values), digits)}
