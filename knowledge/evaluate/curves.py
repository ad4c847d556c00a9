"""What the plots of a report show, as numbers: bounded, whatever the size of the set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge import metrics
from knowledge.evaluate.figures import confidences, document_ranks, passage_ranks, recalled
from knowledge.evaluate.judged import Judged

_RISK_POINTS = 200
_LATENCY_BINS = 24
_LEAST_SPREAD_MS = 0.24


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """A share of questions with a right one among the first k, with its 95 % interval."""

    k: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What a threshold would do.

    coverage: share of the answerable questions that get an answer.
    wrong_rate: share of all given answers that are wrong; low, high: its 95 % interval.
    """

    threshold: float
    coverage: float
    wrong_rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyBin:
    """How many questions took from low to high milliseconds; the last bin has the slower too."""

    low_ms: float
    high_ms: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """One tuple a plot; empty where the mode or the labels give nothing to plot."""

    documents: tuple[Recall, ...] = ()
    passages: tuple[Recall, ...] = ()
    risk: tuple[Risk, ...] = ()
    calibration: tuple[metrics.Bin, ...] = ()
    latency: tuple[LatencyBin, ...] = ()


def curves(judged: Sequence[Judged]) -> Curves:
    """Everything that can be plotted of judged predictions."""
    given = confidences(judged)
    return Curves(
        documents=_recalls(document_ranks(judged)),
        passages=_recalls(passage_ranks(judged)),
        risk=_risks(judged),
        calibration=metrics.reliability(given) if given else (),
        latency=_latencies([one.got.ms for one in judged]),
    )


def _recalls(ranks: Sequence[int | None]) -> tuple[Recall, ...]:
    if not any(ranks):
        return ()
    found = ((k, *recalled(ranks, k)) for k in range(1, 11))
    return tuple(
        Recall(k=k, share=share, low=interval[0], high=interval[1]) for k, share, interval in found
    )


def _risks(judged: Sequence[Judged]) -> tuple[Risk, ...]:
    """Thinned evenly, the last point always kept: it is what the set got with today's threshold."""
    given = confidences(judged)
    answered = [(one.got.confidence, one.one.answerable) for one in judged if one.given]
    answerable = sum(one.one.answerable for one in judged)
    points = [
        _risk(wrong, reached.right, answerable)
        for wrong, reached in zip(metrics.cuts(given), metrics.cuts(answered), strict=True)
    ]
    step = max(1, -(-len(points) // _RISK_POINTS))
    return tuple(points[:-1:step] + points[-1:])


def _risk(cut: metrics.Cut, reached: int, answerable: int) -> Risk:
    low, high = metrics.wilson(cut.wrong, cut.given)
    return Risk(
        threshold=round(cut.threshold, 4),
        coverage=round(metrics.ratio(reached, answerable), 4),
        wrong_rate=round(cut.risk, 4),
        low=round(low, 4),
        high=round(high, 4),
    )


def _latencies(times_ms: Sequence[float]) -> tuple[LatencyBin, ...]:
    if not times_ms:
        return ()
    lowest = min(times_ms)
    width = max(metrics.percentile(times_ms, 0.99) - lowest, _LEAST_SPREAD_MS) / _LATENCY_BINS
    counts = [0] * _LATENCY_BINS
    for ms in times_ms:
        counts[min(_LATENCY_BINS - 1, int((ms - lowest) / width))] += 1
    return tuple(
        LatencyBin(
            low_ms=round(lowest + at * width, 3), high_ms=round(lowest + (at + 1) * width, 3), n=n
        )
        for at, n in enumerate(counts)
    )
