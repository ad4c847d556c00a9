"""How good are retrieval, answers and manners on a labelled set?

`trial` asks, `judged` holds what came back against its labels, `figures` adds up, `report` makes of
it what somebody can read.
"""

from __future__ import annotations

from knowledge.evaluate.figures import Figure, Figures, figures
from knowledge.evaluate.gold import GoldPassages, ReferencePassage, load_gold
from knowledge.evaluate.judged import Judged, is_wrong, judge
from knowledge.evaluate.prediction import Mode, Prediction
from knowledge.evaluate.trial import (
    Engagement,
    Evaluation,
    Trial,
    added_up,
    answering,
    engaging,
    evaluate,
    pooled,
    retrieving,
)
from knowledge.labelled import Labelled, load_questions

__all__ = [
    "Engagement",
    "Evaluation",
    "Figure",
    "Figures",
    "GoldPassages",
    "Judged",
    "Labelled",
    "Mode",
    "Prediction",
    "ReferencePassage",
    "Trial",
    "added_up",
    "answering",
    "engaging",
    "evaluate",
    "figures",
    "is_wrong",
    "judge",
    "load_gold",
    "load_questions",
    "pooled",
    "retrieving",
]
