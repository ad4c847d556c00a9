"""The steps of an event become one trace."""

from __future__ import annotations

import asyncio

from bot.telemetry.traces import Trace, Traces, holders
from knowledge.steps import Step, Steps
from tests.fakes_core import message


def step(name: str, began_s: float, ended_s: float) -> Step:
    return Step(name, began_s, ended_s - began_s, "", {})


def held(*steps: Step) -> dict[str, str | None]:
    """Each step's name, and that of the one it is a part of."""
    found = zip(steps, holders(steps), strict=True)
    return {one.name: None if at is None else steps[at].name for one, at in found}


def test_a_part_belongs_to_the_shortest_step_around_it_that_may_hold_it() -> None:
    found = held(
        step("embed", 1, 2),
        step("retrieve", 1, 4),
        step("model", 6, 7),
        step("judge", 5, 7),
        step("answer", 0, 9),
    )

    assert found == {
        "embed": "retrieve",
        "retrieve": "answer",
        "model": "judge",
        "judge": "answer",
        "answer": None,
    }


def test_a_draft_that_is_sent_while_the_model_writes_is_no_part_of_the_writing() -> None:
    assert held(step("update", 2, 3), step("generate", 1, 9))["update"] is None


def test_two_embedders_side_by_side_do_not_hold_each_other() -> None:
    steps = (step("embed", 1, 2), step("embed", 0.5, 3), step("retrieve", 0, 4))

    assert holders(steps) == [2, 2, None]


async def test_what_any_task_of_an_event_tells_is_in_its_trace_and_in_no_other() -> None:
    kept: list[Trace] = []
    traces = Traces(kept.append, ratio=1.0)
    steps = Steps(traces.hear)

    async def handle(name: str) -> None:
        with traces.around(message(name), (step("ack", 0, 1),)):
            await asyncio.gather(*(work(name) for _ in range(2)))

    async def work(name: str) -> None:
        with steps.timing("embed", engine=name):
            await asyncio.sleep(0)

    await asyncio.gather(handle("one"), handle("other"))
    steps.tell("reminder", of="gap")

    for trace in kept:
        assert [one.name for one in trace.steps] == ["ack", "embed", "embed"]
        assert len({one.facts["engine"] for one in trace.steps[1:]}) == 1


def test_only_the_chosen_share_of_events_is_traced() -> None:
    kept: list[Trace] = []
    chances = iter((0.1, 0.2, 0.3, 0.05))
    traces = Traces(kept.append, ratio=0.2, chance=lambda: next(chances))

    for _ in range(4):
        with traces.around(message("how many days?"), ()):
            pass

    assert len(kept) == 2


def test_an_event_that_breaks_is_traced_too() -> None:
    kept: list[Trace] = []
    traces = Traces(kept.append, ratio=1.0)

    try:
        with traces.around(message("how many days?"), ()):
            raise RuntimeError
    except RuntimeError:
        pass

    assert len(kept) == 1


def test_a_trace_is_bounded_and_says_how_much_it_left_out() -> None:
    kept: list[Trace] = []
    traces = Traces(kept.append, ratio=1.0)
    steps = Steps(traces.hear)

    with traces.around(message("how many days?"), ()):
        for _ in range(300):
            steps.tell("update")

    assert len(kept[0].steps) == 256
    assert kept[0].left_out == 44


def test_a_trace_has_none_of_the_words() -> None:
    kept: list[Trace] = []

    with Traces(kept.append, ratio=1.0).around(message("how much does Bo earn?"), ()):
        pass

    assert "Bo" not in repr(kept[0])
