"""What a clause denies of a subject it leaves out: "A is held in May, but not every year".

It shares few words with a sentence that turns it round, so it is read with the statement that it
stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from knowledge.clauses import Clause, Said
from knowledge.negation import contradicts, denies, denies_alike
from knowledge.words import content_words, coverage

_NOT_THE_WHOLE = re.compile(
    r"(?:不是|并非|并不是|不一定|并不|未必|不)(?:一定|是|在|于)?"
    r"(?P<zh>所有|全部|全体|每[一个位名]?[\u4e00-\u9fff]|人人|都|总是|一律)"
    r"|\bnot (?:necessarily )?(?P<en>(?:every|all|each)(?: [a-z]+)?|every(?:one|body)|always)\b"
)
_EVERYBODY = re.compile(r"所有|全部|全体|人人|每[个位名]|都|均|一律")
_JOINING = frozenset({"though", "although", "howev"})
# Nearly every word of the clause, and most of what else is said as its subject.
_OWN = 0.75
_SUBJECT = 0.5
_LEAST_WORDS = 2
_REST = 0.5


def turned_aside(said: Clause, evidence: Sequence[Said]) -> bool:
    """Whether a clause of the answer says the opposite of one that leaves out its subject.

    Not where another clause of the evidence says what the answer says.
    """
    turning = list(_turning(said, evidence))
    clauses = [clause for known in evidence for clause in known.clauses]
    backed = any(
        denies(clause.text) == denies(said.text) and coverage(one.words, clause.words) >= _OWN
        for one in turning
        for clause in clauses
    )
    return bool(turning) and not backed


def denied_aside(said: Clause, evidence: Sequence[Said]) -> bool:
    """Whether a clause that leaves out its subject denies what a clause of the answer denies."""
    return any(
        denies_alike(clause.text, said.text)
        and coverage(clause.words, said.words) >= _OWN
        and coverage(said.words - clause.words, known.words) >= _SUBJECT
        for known in evidence
        for clause in known.clauses
    )


def _turning(said: Clause, evidence: Sequence[Said]) -> Iterator[Clause]:
    denied = denies(said.text)
    bare = content_words(_EVERYBODY.sub(" ", said.text))
    yield from (
        clause
        for known in evidence
        for clause in known.clauses
        if _is_of_its_subject(bare - clause.words, known)
        and denies(clause.text) != denied
        and (_denies_the_whole(clause, said) or _denies_the_same(clause, said))
    )


def _is_of_its_subject(beside: frozenset[str], known: Said) -> bool:
    """Whether what the answer says besides a clause is what its statement speaks of."""
    return not beside or coverage(beside, known.words) >= _SUBJECT


def _denies_the_same(clause: Clause, said: Clause) -> bool:
    return (
        len(clause.words) >= _LEAST_WORDS
        and coverage(clause.words, said.words) >= _OWN
        and contradicts(said.text, clause.text)
    )


def _denies_the_whole(clause: Clause, said: Clause) -> bool:
    """Whether "not every year" stands against "every year"."""
    found = _NOT_THE_WHOLE.search(clause.text)
    if found is None:
        return False
    rest = clause.words - content_words(found.group()) - _JOINING
    return _says_whole(found["zh"] or found["en"], said.text) and (
        not rest or coverage(rest, said.words) >= _REST
    )


def _says_whole(whole: str, text: str) -> bool:
    if _EVERYBODY.fullmatch(whole[:2]) or whole == "都":
        return _EVERYBODY.search(text) is not None
    return whole in text
