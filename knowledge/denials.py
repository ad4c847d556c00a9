"""Does a sentence deny what its evidence affirms, or affirm what it denies?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.clauses import Clause, Said
from knowledge.elided import denied_aside, turned_aside
from knowledge.negation import denied_unheard, denies, turned
from knowledge.words import content_words, coverage

_REPLY = re.compile(
    r"\s*(?P<yes>可以|能够?|是的?|对的?|有的?|会|需要|要|yes)(?=[，,。.!！、；;]|$)"
    r"|\s*(?P<no>不可以|不能|不行|不是|没有|不会|不需要|不用|否|no)(?=[，,。.!！、；;]|$)",
    re.IGNORECASE,
)
_ASKS_NEGATED = re.compile(r"不(?!不)|没|\bnot?\b|n['’]t\b", re.IGNORECASE)
_LEADING = re.compile(r"(?:if|when|to)\b|如果|若|要|想")
_FEW_WORDS = 2


def turned_round(
    sentence: Said, question: Said, evidence: Sequence[Said], *, asks_amount: bool
) -> bool:
    """Whether a "not" came or went between the evidence and a sentence of the answer.

    asks_amount: no bare yes or no answers the question.
    """
    known = [clause for said in evidence for clause in said.clauses]
    claimed = [c for c in sentence.clauses if not _is_premise(c, question)]
    if any(denies(c.text) for c in claimed) and not any(denies(c.text) for c in known):
        return True
    if all(said.language != sentence.language for said in evidence):
        return False
    return (
        any(
            turned_aside(clause, evidence)
            or (turned(clause, known) and not denied_aside(clause, evidence))
            for clause in sentence.clauses
            if not _leads(clause, question)
        )
        or (not asks_amount and _reply_turned(sentence, question, evidence))
        or _denied_of_its_own(" ".join(c.text for c in claimed), sentence, question, evidence)
    )


def _is_premise(clause: Clause, question: Said) -> bool:
    """Whether a clause is what the question starts from, before it comes to what it asks."""
    _, _, asked = question.folded.partition(clause.text)
    return _leads(clause, question) or bool(content_words(asked))


def _leads(clause: Clause, question: Said) -> bool:
    """Whether an "if" or "to get …" only repeats the question."""
    return bool(_LEADING.match(clause.text)) and clause.words <= question.words


def _denied_of_its_own(
    claimed: str, sentence: Said, question: Said, evidence: Sequence[Said]
) -> bool:
    """Whether the question's own thing is denied, on evidence that denies something else."""
    if any(said.language != sentence.language for said in evidence):
        return False
    return denied_unheard(claimed, question.folded, " ".join(said.folded for said in evidence))


def _reply_turned(sentence: Said, question: Said, evidence: Sequence[Said]) -> bool:
    """Whether a bare yes or no says the opposite of the clause that the question is about."""
    reply = _REPLY.match(sentence.text)
    if reply is None or len(sentence.terms) >= _FEW_WORDS or len(question.words) < _FEW_WORDS:
        return False
    if _ASKS_NEGATED.search(question.text):
        return False
    if reply["yes"] and any(turned_aside(asked, evidence) for asked in question.clauses):
        return True
    clauses = [clause for said in evidence for clause in said.clauses]
    fits = [(coverage(question.words, clause.words), denies(clause.text)) for clause in clauses]
    best, denied = max(fits)
    agreeing = any(d == bool(reply["no"]) and fit >= best - 0.2 for fit, d in fits)
    return best > 0.7 and denied != bool(reply["no"]) and not agreeing
