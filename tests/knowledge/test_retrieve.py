from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from knowledge.engines.bm25 import Bm25
from knowledge.engines.everyday import Everyday
from knowledge.engines.qdrant_edge import Edge
from knowledge.engines.spelling import Spelling
from knowledge.model import (
    EVERYONE,
    Document,
    Hit,
    IndexedPassage,
    Passage,
    Section,
    TokenEmbedding,
    TokenVectors,
    Vector,
)
from knowledge.ports import PassageStore
from knowledge.retrieve import Hybrid, Shape
from knowledge.split import indexed_text, split
from knowledge.steps import Step, Steps
from knowledge.votes import Votes
from tests.fakes_votes import NOW, MemoryLog

READERS = frozenset({EVERYONE})
TOKEN_DIMENSION = 128
THEMES = ("leave", "travel", "laptop", "salary")


class Themes:
    """An embedder that knows four themes and nothing else."""

    name = "e5"
    dimension = len(THEMES) + 1

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        return [self._embed(text) for text in texts]

    async def embed_question(self, text: str) -> Vector:
        return self._embed(text)

    def _embed(self, text: str) -> Vector:
        counts = [float(text.lower().count(theme)) for theme in THEMES]
        vector = np.array([*counts, 0.1], dtype=np.float32)
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


class ThemesByToken:
    """The same, telling which themes stand there, each token by itself."""

    name = "e5"
    dimension = Themes.dimension

    def __init__(self) -> None:
        self._themes = Themes()

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        return await self._themes.embed_passages(texts)

    async def embed_question(self, text: str) -> Vector:
        return await self._themes.embed_question(text)

    async def embed_passage_tokens(self, texts: Sequence[str]) -> list[TokenEmbedding]:
        return [await self.embed_question_tokens(text) for text in texts]

    async def embed_question_tokens(self, text: str) -> TokenEmbedding:
        words = [word.strip("?.,:") for word in text.lower().split()]
        rows = [word_vector(word) for word in words]
        return TokenEmbedding(vector=await self.embed_question(text), tokens=np.array(rows))


def word_vector(word: str) -> TokenVectors:
    """Other words are nearly at right angles."""
    numbers = np.random.default_rng(zlib.crc32(word.encode())).normal(size=TOKEN_DIMENSION)
    return np.asarray(numbers / np.linalg.norm(numbers), dtype=np.float16)


class LongestFirst:
    """A reranker that likes much text."""

    async def rerank(self, question: str, passages: Sequence[Passage]) -> list[float]:
        return [float(len(passage.text)) for passage in passages]


def document(name: str, *texts: str, audience: frozenset[str] = READERS) -> Document:
    return Document(
        id=name,
        title=name.title(),
        uri=f"{name}.md",
        language="en",
        sections=tuple(
            Section(text=text, heading_path=(f"Part {n}",)) for n, text in enumerate(texts)
        ),
        digest="1",
        audience=audience,
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[PassageStore]:
    opened = await Edge.open(
        tmp_path,
        dense={"e5": Themes.dimension},
        sparse=("bm25",),
        tokens={"e5": TOKEN_DIMENSION},
        reserve_bytes=0,
    )
    yield opened
    await opened.close()


async def put(store: PassageStore, *documents: Document) -> None:
    themes, bm25 = ThemesByToken(), Bm25()
    for one in documents:
        passages = split(one)
        texts = [indexed_text(passage) for passage in passages]
        read = await themes.embed_passage_tokens(texts)
        await store.replace(
            [
                IndexedPassage(
                    passage=passage,
                    dense={"e5": one_read.vector},
                    tokens={"e5": one_read.tokens},
                    sparse={"bm25": bm25.encode_passage(text)},
                    document_digest=one.digest,
                    document_root="",
                    document_passages=len(passages),
                )
                for passage, text, one_read in zip(passages, texts, read, strict=True)
            ]
        )


def hybrid(store: PassageStore, **options: object) -> Hybrid:
    return Hybrid(store=store, embedders=(Themes(),), sparse=(Bm25(),), **options)  # type: ignore[arg-type]  # options of the test at hand


def late_hybrid(store: PassageStore, **options: object) -> Hybrid:
    return Hybrid(store=store, embedders=(ThemesByToken(),), sparse=(Bm25(),), **options)  # type: ignore[arg-type]  # options of the test at hand


def documents_of(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.document_id for hit in hits]


async def test_meaning_and_words_find_together_what_each_alone_would_miss(
    store: PassageStore,
) -> None:
    await put(
        store,
        document("holiday", "Annual leave is five days."),
        document("trip", "Travel must be approved by form E-1024."),
        document("device", "A laptop is replaced after four years."),
    )

    by_meaning = await hybrid(store).retrieve("How much leave?", audience=READERS)
    by_code = await hybrid(store).retrieve("e-1024", audience=READERS)

    assert documents_of(by_meaning)[0] == "holiday"
    assert documents_of(by_code)[0] == "trip"


async def test_passages_outside_the_audience_are_never_returned(store: PassageStore) -> None:
    secret = document("board", "The board's leave is ten days.", audience=frozenset({"board"}))
    await put(store, secret, document("holiday", "Annual leave is five days."))

    hits = await hybrid(store).retrieve("leave of the board", audience=READERS)

    assert documents_of(hits) == ["holiday"]


async def test_near_copies_are_returned_once(store: PassageStore) -> None:
    await put(
        store,
        document("holiday", "Annual leave is five days."),
        document("copy", "Annual *leave* is five days"),
    )

    assert len(await hybrid(store).retrieve("annual leave", audience=READERS)) == 1


async def test_other_documents_get_a_place_beside_one_that_fills_the_list(
    store: PassageStore,
) -> None:
    much = document("law", *(f"Leave, leave, leave: article {n}." for n in range(20)))
    others = [document(f"other{n}", f"Salary rule {n} mentions leave.") for n in range(6)]
    await put(store, much, *others)

    hits = await hybrid(store).retrieve("leave article", audience=READERS, limit=10)

    assert len(hits) == 10
    assert len(set(documents_of(hits))) == 5
    assert documents_of(hits)[:6] == ["law"] * 6


async def test_signals_tell_what_each_retriever_said(store: PassageStore) -> None:
    await put(store, document("holiday", "Annual leave is five days."), document("pay", "Salary."))

    best, *_ = await hybrid(store).retrieve("annual leave", audience=READERS)

    assert best.signals["e5"] == pytest.approx(1.0, abs=0.05)
    assert best.signals["e5_rank"] == best.signals["bm25_rank"] == 1.0
    assert best.signals["bm25"] > 0.0
    assert best.signals["e5_lead"] > 0.0


async def test_votes_move_a_hit_and_only_where_they_are_heeded(store: PassageStore) -> None:
    await put(
        store,
        document("first", "Annual leave is five days in Berlin."),
        document("second", "Annual leave is five days in Paris."),
    )
    plain = hybrid(store)
    before = await plain.retrieve("How much leave?", audience=READERS)
    last = before[-1].passage.id
    log = MemoryLog()
    for person in "abcdefgh":
        log.cast(last, 1, by=person, question="How much leave?")

    votes = Votes(log, embedder=Themes(), clock=lambda: NOW)
    after = await plain.heeding(votes).retrieve("How much leave?", audience=READERS)

    assert after[0].passage.id == last
    assert await plain.retrieve("How much leave?", audience=READERS) == before


async def test_token_by_token_the_passage_that_holds_every_word_comes_first(
    store: PassageStore,
) -> None:
    await put(
        store,
        document("much", "Leave, leave and leave again: leave."),
        document("right", "Unpaid leave for parents is granted on request, salary or not."),
    )
    question = "leave for parents"

    pooled = await hybrid(store).retrieve(question, audience=READERS)
    late = await late_hybrid(store).retrieve(question, audience=READERS)

    assert documents_of(late)[0] == "right"
    assert late[0].signals["late"] > late[1].signals["late"]
    assert {hit.passage.id for hit in late} == {hit.passage.id for hit in pooled}
    assert "late" not in pooled[0].signals


async def test_late_interaction_can_be_turned_off(store: PassageStore) -> None:
    await put(store, document("a", "Leave for parents."), document("b", "Leave, leave, leave."))

    off = await late_hybrid(store, shape=Shape(late=False)).retrieve("leave", audience=READERS)

    assert off == await hybrid(store).retrieve("leave", audience=READERS)


async def test_votes_count_after_the_comparison_token_by_token(store: PassageStore) -> None:
    await put(
        store,
        document("first", "Annual leave is five days in Berlin."),
        document("second", "Annual leave is five days in Paris."),
        document("third", "Travel is booked."),
    )
    plain = late_hybrid(store)
    before = await plain.retrieve("annual leave days", audience=READERS)
    log = MemoryLog()
    for person in "abcdefgh":
        log.cast(before[1].passage.id, 1, by=person, question="annual leave days")

    votes = Votes(log, embedder=Themes(), clock=lambda: NOW)
    after = await plain.heeding(votes).retrieve("annual leave days", audience=READERS)

    assert after[0].passage.id == before[1].passage.id
    assert documents_of(after)[-1] == "third"


async def test_only_so_many_are_compared_and_the_rest_stays_behind_them(
    store: PassageStore,
) -> None:
    await put(store, *(document(f"d{n:02}", f"Leave {'leave ' * n} rule {n}.") for n in range(60)))

    hits = await late_hybrid(store, shape=Shape(stretch_tokens=0)).retrieve(
        "leave rule", audience=READERS, limit=50
    )

    assert ["late" in hit.signals for hit in hits] == [True] * 40 + [False] * 10
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


async def test_a_reranker_reads_what_was_compared(store: PassageStore) -> None:
    await put(store, document("a", "Leave."), document("b", "Leave is granted to parents."))

    first, _ = await late_hybrid(store, reranker=LongestFirst()).retrieve("leave", audience=READERS)

    assert documents_of([first]) == ["b"]
    assert {"late", "rerank"} <= set(first.signals)


async def test_a_reranker_has_the_last_word(store: PassageStore) -> None:
    await put(
        store,
        document("holiday", "Annual leave."),
        document("long", "Leave is mentioned here among very many other things."),
    )

    hits = await hybrid(store, reranker=LongestFirst()).retrieve("annual leave", audience=READERS)

    assert documents_of(hits)[0] == "long"
    assert hits[0].signals["rerank"] > hits[1].signals["rerank"]


async def test_an_empty_store_finds_nothing(store: PassageStore) -> None:
    assert await hybrid(store, reranker=LongestFirst()).retrieve("x", audience=READERS) == ()


async def test_the_same_question_gives_the_same_hits(store: PassageStore) -> None:
    await put(store, *(document(f"d{n}", f"Travel and leave, rule {n}.") for n in range(30)))

    first = await hybrid(store).retrieve("travel leave", audience=READERS)

    assert await hybrid(store).retrieve("travel leave", audience=READERS) == first


async def test_a_passage_is_read_with_its_section_unless_that_is_turned_off(
    store: PassageStore,
) -> None:
    filling = " ".join(["rule"] * 100)
    text = f"Leave is five days. {filling}.\n\nIt ends with the year. {filling}."
    await put(store, document("holiday", text))

    (whole,) = await hybrid(store).retrieve("leave", audience=READERS)
    pieces = await hybrid(store, shape=Shape(stretch_tokens=0)).retrieve("leave", audience=READERS)

    assert "Leave is five days" in whole.passage.text
    assert "It ends with the year" in whole.passage.text
    assert len(pieces) == 2


async def test_a_question_with_a_slip_is_searched_once_more_without_it(
    store: PassageStore,
) -> None:
    await put(
        store, document("holiday", "年假 15 天，年假要申请。"), document("pay", "工资月底发。")
    )

    found = await hybrid(store, respell=Spelling().respelled).find("年价", audience=READERS)

    assert found.text == "年假"
    assert documents_of(found.hits)[0] == "holiday"


async def test_an_everyday_word_is_explained_before_the_only_search(store: PassageStore) -> None:
    await put(
        store, document("leave", "外祖父母去世，可休丧假一天。"), document("pay", "工资月底发。")
    )
    told: list[Step] = []

    search = hybrid(store, respell=Everyday().glossed).telling(Steps(told.append))
    found = await search.find("外婆走了", audience=READERS)

    assert found.text == "外婆（外祖父母）走了"
    assert [step.name for step in told].count("retrieve") == 1


async def test_an_everyday_word_that_is_the_pages_own_is_taken_as_it_is(
    store: PassageStore,
) -> None:
    await put(store, document("leave", "外婆走了，休假一天。"), document("pay", "工资月底发。"))
    told: list[Step] = []

    search = hybrid(store, respell=Everyday().glossed).telling(Steps(told.append))
    found = await search.find("外婆走了", audience=READERS)

    assert found.text == "外婆走了"
    assert [step.name for step in told].count("retrieve") == 2


async def test_without_respelling_a_question_is_taken_as_typed(store: PassageStore) -> None:
    await put(store, document("holiday", "年假 15 天，年假要申请。"))

    assert (await hybrid(store).find("年价", audience=READERS)).text == "年价"
