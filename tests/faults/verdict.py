"""What went wrong, counted from what users see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from tests.faults.people import Question
from tests.faults.sights import Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Cases by what is wrong with them; all is well where every tuple is empty.

    lost: somebody waits for an answer in vain. twice: two messages answer one question.
    disordered: answered before a question that was acknowledged before this one was sent.
    unfinished: messages that are no answer, and no other end either.
    mixed: answers in a wrong place, to two questions at once, or to nobody's.
    """

    lost: tuple[str, ...]
    twice: tuple[str, ...]
    disordered: tuple[str, ...]
    unfinished: tuple[str, ...]
    mixed: tuple[str, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        return {
            "lost": len(self.lost),
            "answered twice": len(self.twice),
            "wrong order": len(self.disordered),
            "unfinished cards": len(self.unfinished),
            "mixed up": len(self.mixed),
        }


def judge(
    questions: Sequence[Question], sights: Sequence[Sight], *, given_up: Sequence[Question] = ()
) -> Verdict:
    """Compare what was asked with what is seen.

    given_up: what a platform tries no more. It may have been taken, if too late to be acknowledged
    in time, so an answer to it is right and none is not wrong.
    """
    known = {question.case: question for question in questions}
    awaited = [q for q in questions if q.wanted and (q.acked_at_s or q not in given_up)]
    answers: defaultdict[str, list[int]] = defaultdict(list)
    for position, sight in enumerate(sights):
        for case in sight.cases if sight.answered else ():
            answers[case].append(position)
    return Verdict(
        lost=tuple(q.case for q in awaited if not answers[q.case]),
        twice=tuple(case for case, positions in answers.items() if len(positions) > 1),
        disordered=tuple(_disordered(questions, answers)),
        unfinished=tuple(f"{s.place} {s.words[:60]!r}" for s in sights if not s.answered),
        mixed=tuple(f"{s.place} {s.words[:60]!r}" for s in sights if _mixed(s, known)),
    )


def unanswered(questions: Iterable[Question], sights: Iterable[Sight]) -> int:
    """How many acknowledged questions still wait."""
    done = {case for sight in sights if sight.answered for case in sight.cases}
    asked = {q.case for q in questions if q.wanted and q.acked_at_s is not None}
    return len(asked - done)


def _disordered(
    questions: Sequence[Question], answers: Mapping[str, Sequence[int]]
) -> Iterable[str]:
    lanes: defaultdict[str, list[Question]] = defaultdict(list)
    for question in questions:
        if answers.get(question.case):
            lanes[question.lane].append(question)
    for lane in lanes.values():
        for one, other in combinations(lane, 2):
            for first, second in ((one, other), (other, one)):
                if _before(first, second) and answers[first.case][0] > answers[second.case][0]:
                    yield second.case


def _before(first: Question, second: Question) -> bool:
    """Certainly taken first: what overlaps may have been taken in either order."""
    if first.acked_at_s is None or second.sent_at_s is None:
        return False
    return first.acked_at_s < second.sent_at_s


def _mixed(sight: Sight, known: Mapping[str, Question]) -> bool:
    cases = [known.get(case) for case in sight.cases]
    if len(cases) != 1:
        return bool(cases)
    (question,) = cases
    return question is None or not question.wanted or question.place != sight.place
