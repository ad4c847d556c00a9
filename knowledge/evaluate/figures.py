"""What judged predictions add up to, each figure with its 95 % interval where it has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from knowledge import metrics
from knowledge.evaluate.consistency import alike, pairs
from knowledge.evaluate.judged import Judged
from knowledge.evaluate.prediction import Mode

Figure: TypeAlias = float | int | str | list[float] | None
Figures: TypeAlias = Mapping[str, Figure]

INTERVAL = "_interval"
"""What the name of a figure's interval ends in."""

_RANKS = (1, 5, 10)
_Judged: TypeAlias = Sequence[Judged]


def figures(mode: Mode, judged: _Judged) -> dict[str, Figure]:
    """What the predictions add up to; every mode has n and the times.

    recall@k: share of the answerable questions with a gold document among the first k different
        documents found; mrr@10 likewise. passage_recall@k: with a gold passage among the first k
        hits (see `GoldPassages.holds`), only where the gold passages are known.
    coverage: share of the answerable questions that were answered at all.
    wrong_answer_rate: share of the given answers that are wrong; see `is_wrong`.
    balanced_accuracy: mean of the share of answerable questions answered and of unanswerable ones
        refused; None where one of the kinds is missing.
    consistency: of each two questions of one group, the share that were both refused, or answered
        from the same document first; only where the labels name groups.
    risk_coverage_area, calibration_error: see `metrics`; of the confidences of the given answers.
    refusal_…: a refusal is right where the corpus does not hold the answer.
    suggested: how many of the refused questions got places to look instead; suggestion_help: of the
        answerable ones that were refused, the share with a gold document among these places.
    engage_recall@precision90: the best recall at a precision of .90 or more, and its threshold.
    """
    parts: Mapping[Mode, Sequence[Callable[[_Judged], dict[str, Figure]]]] = {
        "retrieve": (_documents, _passages),
        "answer": (
            _documents,
            _passages,
            _answered,
            _refused,
            _decided,
            _confident,
            _consistent,
        ),
        "engage": (_engaged,),
    }
    counted: dict[str, Figure] = {"n": len(judged)}
    for part in parts[mode]:
        counted |= part(judged)
    return counted | _cost(judged)


def recalled(ranks: Sequence[int | None], k: int) -> tuple[float, list[float]]:
    """The share of ranks up to k, with its interval."""
    reached = sum(rank is not None and rank <= k for rank in ranks)
    return _rate(reached, len(ranks)), _interval(reached, len(ranks))


def document_ranks(judged: _Judged) -> list[int | None]:
    """The rank of the first gold document of every question that has one."""
    return [one.document_rank for one in judged if one.has_gold]


def passage_ranks(judged: _Judged) -> list[int | None]:
    """The rank of the first gold passage of every question whose gold passages are known."""
    return [one.passage_rank for one in judged if one.has_gold_passage]


def confidences(judged: _Judged) -> list[metrics.Judged]:
    """The confidence of every answer given, and whether it was right."""
    return [(one.got.confidence, not one.wrong) for one in judged if one.given]


# ── what is found ─────────────────────────────────────────────────────────────────────────────


def _documents(judged: _Judged) -> dict[str, Figure]:
    ranks = document_ranks(judged)
    result: dict[str, Figure] = {"n_with_gold": len(ranks)}
    for k in _RANKS:
        result[f"recall@{k}"], result[f"recall@{k}{INTERVAL}"] = recalled(ranks, k)
    return result | _with_resampled("mrr@10", ranks, _mean_reciprocal)


def _passages(judged: _Judged) -> dict[str, Figure]:
    ranks = passage_ranks(judged)
    if not ranks:
        return {}
    result: dict[str, Figure] = {"n_with_gold_passages": len(ranks)}
    for k in _RANKS:
        name = f"passage_recall@{k}"
        result[name], result[f"{name}{INTERVAL}"] = recalled(ranks, k)
    return result


def _mean_reciprocal(ranks: Sequence[int | None]) -> float:
    near = sum(1 / rank for rank in ranks if rank is not None and rank <= 10)
    return near / len(ranks) if ranks else 0.0


# ── what is answered ──────────────────────────────────────────────────────────────────────────


def _answered(judged: _Judged) -> dict[str, Figure]:
    given = [one for one in judged if one.given]
    answerable = sum(one.one.answerable for one in judged)
    wrong = sum(one.wrong for one in given)
    return {
        "answered": len(given),
        "refused": len(judged) - len(given),
        **_share("coverage", sum(one.one.answerable for one in given), answerable),
        "wrong_answers": wrong,
        **_share("wrong_answer_rate", wrong, len(given)),
    }


def _refused(judged: _Judged) -> dict[str, Figure]:
    refused = [one for one in judged if not one.given]
    answerable = sum(one.one.answerable for one in refused)
    return {
        **_precision_recall("refusal", [(not one.one.answerable, not one.given) for one in judged]),
        "suggested": sum(one.suggested for one in refused),
        **_share("suggestion_help", sum(one.suggested_right for one in refused), answerable),
    }


def _decided(judged: _Judged) -> dict[str, Figure]:
    answerable = [one.given for one in judged if one.one.answerable]
    others = [not one.given for one in judged if not one.one.answerable]
    counts = (sum(answerable), len(answerable), sum(others), len(others))
    accuracy = metrics.balanced_accuracy(*counts)
    if accuracy is None:
        return {"balanced_accuracy": None}
    low, high = metrics.balanced_accuracy_interval(*counts)
    return {
        "balanced_accuracy": round(accuracy, 4),
        f"balanced_accuracy{INTERVAL}": [round(low, 4), round(high, 4)],
    }


def _confident(judged: _Judged) -> dict[str, Figure]:
    given = confidences(judged)
    return _with_resampled(
        "risk_coverage_area", given, metrics.risk_coverage_area
    ) | _with_resampled("calibration_error", given, metrics.calibration_error)


def _consistent(judged: _Judged) -> dict[str, Figure]:
    same = [alike(one, other) for one, other in pairs(judged)]
    return {"n_pairs": len(same), **_share("consistency", sum(same), len(same))} if same else {}


# ── who is answered unasked ───────────────────────────────────────────────────────────────────


def _engaged(judged: _Judged) -> dict[str, Figure]:
    said = [(one.one.engage is True, one.given) for one in judged]
    wanted = sum(should for should, _ in said)
    scored = [(one.got.confidence, one.one.engage is True) for one in judged]
    cut = metrics.recall_at_precision(scored)
    return {
        "engaged": sum(did for _, did in said),
        **_precision_recall("engage", said),
        **_share("engage_recall@precision90", cut.right if cut else 0, wanted),
        "engage_threshold@precision90": round(cut.threshold, 4) if cut else None,
    }


# ── what it costs, and how figures are written ────────────────────────────────────────────────


def _cost(judged: _Judged) -> dict[str, Figure]:
    times_ms = [one.got.ms for one in judged]
    percentiles: dict[str, Figure] = {
        f"p{share}_ms": round(metrics.percentile(times_ms, share / 100), 2)
        for share in (50, 95, 99)
    }
    return percentiles | {
        "prompt_tokens": sum(one.got.tokens.prompt for one in judged),
        "completion_tokens": sum(one.got.tokens.completion for one in judged),
    }


def _precision_recall(name: str, said: Sequence[tuple[bool, bool]]) -> dict[str, Figure]:
    """From pairs of what should be and what was."""
    right = sum(should and did for should, did in said)
    return {
        **_share(f"{name}_precision", right, sum(did for _, did in said)),
        **_share(f"{name}_recall", right, sum(should for should, _ in said)),
        **_with_resampled(f"{name}_f1", said, _f1),
    }


def _f1(said: Sequence[tuple[bool, bool]]) -> float:
    right = sum(should and did for should, did in said)
    precision = metrics.ratio(right, sum(did for _, did in said))
    return metrics.f1(precision, metrics.ratio(right, sum(should for should, _ in said)))


def _share(name: str, part: int, whole: int) -> dict[str, Figure]:
    return {name: _rate(part, whole), f"{name}{INTERVAL}": _interval(part, whole)}


def _with_resampled(
    name: str, items: Sequence[metrics.T], statistic: Callable[[Sequence[metrics.T]], float]
) -> dict[str, Figure]:
    low, high = metrics.resampled(items, statistic)
    return {
        name: round(statistic(items), 4),
        f"{name}{INTERVAL}": [round(low, 4), round(high, 4)],
    }


def _rate(part: int, whole: int) -> float:
    return round(metrics.ratio(part, whole), 4)


def _interval(part: int, whole: int) -> list[float]:
    return [round(bound, 4) for bound in metrics.wilson(part, whole)]
