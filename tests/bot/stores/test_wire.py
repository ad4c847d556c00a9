"""What is written to disk reads back as it was."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.model import (
    AnswerRecord,
    CardAction,
    ChatOpened,
    Conversation,
    Event,
    Gap,
    InboundMessage,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageRef,
    Nearby,
    Reaction,
    User,
    Verdict,
)
from bot.stores.wire import Unreadable, dump, dump_event, kind_of, load, load_event
from knowledge.model import (
    Answer,
    Citation,
    Hit,
    Outcome,
    Passage,
    Question,
    Timings,
    Tokens,
)
from tests.fakes_core import ADA, START, grounded, message

# Half an emoji included: platforms cut strings in the middle of one.
text = st.text(st.characters(exclude_categories=()), max_size=12)
number = st.floats(allow_nan=False)
moment = st.datetimes(timezones=st.just(UTC))
names = st.frozensets(text, max_size=3)
page = st.none() | st.integers(1, 999)
language = st.sampled_from(["zh", "en"])

refs = st.builds(MessageRef, platform=text, id=text)
users = st.builds(User, platform=text, id=text, name=text)
conversations = st.builds(
    Conversation, platform=text, id=text, thread_id=text, direct=st.booleans()
)
envelope = {
    "keys": st.lists(text, min_size=1, max_size=3).map(tuple),
    "conversation": conversations,
    "user": users,
    "received_at": moment,
}
events = st.one_of(
    st.builds(
        InboundMessage,
        **envelope,
        ref=refs,
        text=text,
        addressed=st.booleans(),
        names_others=st.booleans(),
        quoted=text,
        attachment=st.sampled_from([None, "image", "other"]),
    ),
    st.builds(MessageDeleted, **envelope, ref=refs),
    st.builds(ChatOpened, **envelope),
    st.builds(
        Reaction,
        **envelope,
        ref=refs,
        emoji=st.sampled_from(["up", "down"]),
        withdrawn=st.booleans(),
    ),
    st.builds(
        CardAction,
        **envelope,
        ref=refs,
        name=text,
        values=st.dictionaries(text, text, max_size=3),
    ),
    st.builds(MemberJoined, **envelope),
    st.builds(MemberLeft, **envelope),
)
passages = st.builds(
    Passage,
    id=text,
    document_id=text,
    title=text,
    uri=text,
    language=language,
    text=text,
    heading_path=st.lists(text, max_size=2).map(tuple),
    page=page,
    audience=names,
    review_on=st.none() | st.just(date(2026, 1, 31)),
)
citations = st.builds(
    Citation,
    marker=st.integers(1, 9),
    passage_id=text,
    document_id=text,
    title=text,
    uri=text,
    quote=text,
    heading_path=st.lists(text, max_size=2).map(tuple),
    page=page,
)
answers = st.builds(
    Answer,
    outcome=st.sampled_from(Outcome),
    text=text,
    language=language,
    confidence=number,
    citations=st.lists(citations, max_size=2).map(tuple),
    hits=st.lists(
        st.builds(
            Hit,
            passage=passages,
            score=number,
            signals=st.dictionaries(text, number, max_size=2),
        ),
        max_size=2,
    ).map(tuple),
    tokens=st.builds(Tokens, prompt=st.integers(0, 9), completion=st.integers(0, 9)),
    timings=st.builds(Timings, total_ms=number),
)
records = st.builds(
    AnswerRecord,
    ref=refs,
    conversation=conversations,
    asker=users,
    question=text,
    answer=answers,
    audience=names,
    answered_at=moment,
)


@settings(deadline=None, max_examples=60)
@given(event=events)
def test_every_event_survives(event: Event) -> None:
    assert load_event(dump_event(event)) == event


@settings(deadline=None, max_examples=40)
@given(record=records)
def test_every_answer_survives(record: AnswerRecord) -> None:
    payload = dump(record)

    assert payload.isascii()
    assert load(AnswerRecord, payload) == record


def test_verdicts_and_gaps_survive() -> None:
    ref = MessageRef(platform="fake", id="m1")
    verdict = Verdict(ref=ref, user=ADA, value=-1, reason="wrong", given_at=START)
    near = Nearby(passage_id="a", document_id="d", title="t")
    gap = Gap(id="g", question="年假？", language="zh", opened_at=START, found=(near,))

    assert load(Verdict, dump(verdict)) == verdict
    assert load(Gap, dump(gap)) == gap


def test_every_kind_of_event_has_a_name() -> None:
    assert len(get_args(Event)) == 7
    assert kind_of(message()) == "message"


def test_a_field_added_later_takes_its_default_and_a_dropped_one_is_ignored() -> None:
    stored = json.loads(dump(grounded(Question(text="q", language="en"))))
    del stored["tokens"]
    stored["mood"] = "sunny"

    answer = load(Answer, json.dumps(stored))

    assert answer.tokens == Tokens()
    assert "mood" not in {field.name for field in fields(answer)}


def test_whole_numbers_may_stand_for_fractions() -> None:
    assert load(Timings, '{"total_ms": 3}') == Timings(total_ms=3.0)


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "null",
        "[]",
        '{"kind": "message"}',
        '{"kind": "telegram", "event": {}}',
        '{"kind": "message", "event": {}}',
        '{"kind": "message", "event": {"keys": [1]}}',
        '{"kind": "reaction", "event": {"emoji": "shrug"}}',
    ],
)
def test_a_payload_of_another_shape_is_unreadable(payload: str) -> None:
    with pytest.raises(Unreadable):
        load_event(payload)


def test_only_words_of_the_core_are_written() -> None:
    with pytest.raises(TypeError):
        dump([1, 2])


def test_a_value_of_another_type_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        load(int, '"seven"')
    with pytest.raises(Unreadable):
        load(datetime, '"yesterday"')
