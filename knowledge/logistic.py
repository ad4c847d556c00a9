"""A logistic model that can be read: a weight a signal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic:
    """The probability of `bias` + the weighted sum of signals."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, signals: Mapping[str, float]) -> float:
        """In (0, 1); a signal without a weight counts nothing."""
        logit = self.bias + sum(weight * signals[name] for name, weight in self.weights.items())
        return logistic(logit)


_SUREST = 1e-6


def log_odds(probability: float) -> float:
    """Those of a probability, which is kept away from 0 and 1."""
    bounded = min(max(probability, _SUREST), 1.0 - _SUREST)
    return math.log(bounded / (1.0 - bounded))


def logistic(logit: float) -> float:
    """The probability with these log odds."""
    return 1.0 / (1.0 + math.exp(-logit))
