from __future__ import annotations

import pytest
from pydantic import ValidationError

from adapters.playground.backlog import Backlog
from adapters.playground.settings import PlaygroundSettings


def backlog(**limits: int) -> Backlog:
    given = {"max_conversations": 4, "max_messages": 3, "max_streams": 2, **limits}
    return Backlog(person="ann", first_version=100, **given)


def said(text: str) -> dict[str, object]:
    return {"kind": "said", "text": text}


async def refs(log: Backlog, conversation: str, *, after: int = 0) -> list[str]:
    stream = log.open(conversation, after=after)
    entries = await stream.next(timeout_s=0)
    log.leave(conversation, stream)
    return [entry.ref for entry in entries]


async def test_a_reader_gets_what_is_there_and_then_what_comes():
    log = backlog()
    log.put("a", "1", said("one"))
    stream = log.open("a", after=0)

    first = await stream.next(timeout_s=0)
    log.put("a", "2", said("two"))
    second = await stream.next(timeout_s=0)

    assert [entry.ref for entry in first] == ["1"]
    assert [entry.ref for entry in second] == ["2"]


async def test_a_slow_reader_skips_the_drafts_in_between():
    log = backlog()
    stream = log.open("a", after=0)
    for text in ("d", "dr", "draft"):
        log.put("a", "1", said(text))

    entries = await stream.next(timeout_s=0)

    assert [entry.content["text"] for entry in entries] == ["draft"]


async def test_a_reconnect_brings_only_what_was_missed():
    log = backlog()
    log.put("a", "1", said("one"))
    stream = log.open("a", after=0)
    (seen,) = await stream.next(timeout_s=0)
    log.leave("a", stream)
    log.put("a", "2", said("two"))

    assert await refs(log, "a", after=seen.version) == ["2"]


async def test_a_changed_message_keeps_its_place():
    log = backlog()
    log.put("a", "1", said("one"))
    log.put("a", "2", said("two"))
    log.put("a", "1", said("one, changed"))

    entries = await log.open("a", after=0).next(timeout_s=0)

    assert [entry.ref for entry in sorted(entries, key=lambda e: e.position)] == ["1", "2"]
    assert [entry.ref for entry in entries] == ["2", "1"]


async def test_a_reserved_place_comes_before_what_was_put_meanwhile():
    log = backlog()
    place = log.reserve()
    log.put("a", "answer", said("answer"))
    log.put("a", "question", said("question"), position=place)

    entries = await log.open("a", after=0).next(timeout_s=0)

    assert min(entries, key=lambda e: e.position).ref == "question"


async def test_conversations_do_not_see_each_other():
    log = backlog()
    log.put("a", "1", said("one"))

    assert await refs(log, "b") == []


async def test_only_the_latest_messages_are_kept():
    log = backlog()
    for number in range(5):
        log.put("a", str(number), said("x"))

    assert await refs(log, "a") == ["2", "3", "4"]


async def test_the_longest_unused_conversation_goes_first_but_never_one_that_is_read():
    log = backlog()
    log.open("read", after=0)
    log.put("read", "1", said("x"))
    for name in ("b", "c", "d", "e", "f"):
        log.put(name, "1", said("x"))

    assert log.has("read", "1")
    assert not log.has("b", "1")
    assert log.has("f", "1")


async def test_past_the_limit_the_oldest_stream_ends():
    log = backlog()
    first, second, third = (log.open("a", after=0) for _ in range(3))

    assert (first.ended, second.ended, third.ended) == ("replaced", "", "")
    assert await first.next(timeout_s=60) == ()


async def test_closing_ends_every_stream_also_those_that_open_later():
    log = backlog()
    stream = log.open("a", after=0)

    log.close()

    assert stream.ended == "stopping"
    assert log.open("a", after=0).ended == "stopping"


async def test_leaving_twice_is_once():
    log = backlog()
    stream = log.open("a", after=0)

    log.leave("a", stream)
    log.leave("a", stream)

    assert log.has("a", "1") is False


async def test_a_silent_conversation_gives_nothing_in_time():
    assert await backlog().open("a", after=0).next(timeout_s=0.001) == ()


async def test_a_pressed_button_is_remembered_until_it_is_taken_back():
    log = backlog()
    log.put("a", "1", said("x"))
    log.press("a", "1", "verdict", {"vote": "up"})
    log.put("a", "1", said("changed"))
    (entry,) = await log.open("a", after=0).next(timeout_s=0)
    assert entry.pressed == {"verdict": {"vote": "up"}}

    log.press("a", "1", "verdict", {})

    (entry,) = await log.open("a", after=0).next(timeout_s=0)
    assert entry.pressed == {"verdict": {}}


def test_pressing_what_is_not_there_does_nothing():
    log = backlog()
    log.press("a", "1", "verdict", {"vote": "up"})
    log.put("a", "1", said("x"))
    log.press("a", "2", "verdict", {"vote": "up"})

    assert not log.has("a", "2")


async def test_what_is_for_the_person_waits_and_then_stands_in_each_conversation():
    log = backlog()
    log.put("a", "1", said("before"))
    log.put("ann", "2", said("for you"))
    log.put("a", "3", said("after"))

    assert await refs(log, "a") == ["1", "2", "3"]
    assert await refs(log, "b") == ["2"]


async def test_what_is_for_the_person_reaches_every_open_conversation():
    log = backlog()
    streams = [log.open(name, after=0) for name in "ab"]

    log.put("ann", "1", said("for you"))

    shown = [await stream.next(timeout_s=1) for stream in streams]
    assert [[entry.ref for entry in entries] for entries in shown] == [["1"], ["1"]]


async def test_what_is_for_the_person_is_changed_and_pressed_in_any_conversation():
    log = backlog()
    log.put("ann", "1", said("for you"))

    log.press("a", "1", "answer", {"text": "Ten."})
    log.put("b", "1", said("thank you"))

    (entry,) = await log.open("c", after=0).next(timeout_s=0)
    assert entry.content == said("thank you")
    assert entry.pressed == {"answer": {"text": "Ten."}}


def test_there_must_be_more_conversations_than_streams():
    with pytest.raises(ValidationError, match="below max_conversations"):
        PlaygroundSettings(max_streams=4, max_conversations=4)
