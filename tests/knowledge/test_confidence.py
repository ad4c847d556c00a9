"""How likely is it that the answer was found?"""

from __future__ import annotations

import pytest

from knowledge.confidence import EvidenceModel, load_model, signals
from knowledge.model import Hit, Passage
from knowledge.models import CATALOGUE, DEFAULT_EMBEDDERS

SHIPPED = ("+".join(DEFAULT_EMBEDDERS), *DEFAULT_EMBEDDERS)
QUESTION = "How many vacation days do staff receive?"


def hit(text: str, *, document: str = "leave", **found: float) -> Hit:
    passage = Passage(
        id=f"{document}#{text[:8]}",
        document_id=document,
        title="Annual leave",
        uri=f"{document}.md",
        language="en",
        text=text,
        position=0,
    )
    return Hit(passage=passage, score=1.0, signals={"e5": 0.8, "use": 0.3} | found)


LEAVE = hit("Staff receive ten vacation days.", e5=0.9, use=0.6, e5_lead=0.08, use_lead=0.3)
PLANTS = hit("The office has plants and a kitchen.", e5=0.8, use=0.1, e5_lead=0.01, use_lead=0.1)


def test_the_probability_follows_the_logistic_function() -> None:
    model = EvidenceModel(bias=-1.0, weights={"covered": 2.0}, least_confidence=0.5)

    assert model.probability({"covered": 0.5, "e5": 0.9}) == pytest.approx(0.5)
    assert model.probability({"covered": 1.0}) == pytest.approx(0.7310586)


def test_the_words_of_titles_and_headings_count() -> None:
    assert signals("annual leave plants", [PLANTS])["covered"] == 1.0


def test_words_may_be_spread_over_several_passages() -> None:
    found = signals("vacation plants kitchen", [LEAVE, PLANTS])

    assert found["covered"] == pytest.approx(2 / 3)
    assert found["covered_together"] == 1.0


def test_retrievers_agree_where_they_put_one_document_first() -> None:
    leave = hit("one", e5_rank=1.0, use_rank=1.0)
    other = hit("two", document="travel", bm25_rank=1.0)

    assert signals(QUESTION, [leave, other])["agreement"] == pytest.approx(1 / 3)
    assert signals(QUESTION, [leave])["agreement"] == 1.0
    assert signals(QUESTION, [LEAVE])["agreement"] == 0.0


@pytest.mark.parametrize("embedders", SHIPPED)
def test_a_fitting_passage_gives_more_confidence_than_a_stranger(embedders: str) -> None:
    model = load_model(embedders)

    fitting = model.probability(signals(QUESTION, [LEAVE]))
    stranger = model.probability(signals(QUESTION, [PLANTS]))

    assert fitting > model.least_confidence > stranger


@pytest.mark.parametrize("embedders", SHIPPED)
def test_a_model_ships_for_every_choice_of_embedders(embedders: str) -> None:
    model = load_model(embedders)

    assert set(model.weights) <= set(signals(QUESTION, [LEAVE]))
    assert all(name in CATALOGUE for name in embedders.split("+"))


def test_a_better_signal_never_lowers_the_confidence_much() -> None:
    model = load_model(SHIPPED[0])
    near = hit("Staff receive ten vacation days.", e5=0.92, use=0.7, e5_lead=0.08, use_lead=0.3)

    assert model.probability(signals(QUESTION, [near])) > model.probability(
        signals(QUESTION, [LEAVE])
    )
