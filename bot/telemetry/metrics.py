"""Metrics: one registry a process, filled by what steps tell.

Every name here has a line in docs/reference/metrics.md. Labels are words out of small sets: none
comes from what people write, and of a platform's own words only so many are told apart.
"""

from __future__ import annotations

import platform as machine
import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from bot import __version__
from bot.telemetry.steps import TIMED
from knowledge.steps import Step

_QUICK: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)
_SLOW: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
_PLACES: Final = (0, 1, 2, 4, 8, 16, 32, 64)

_MOST_CODES: Final = 40
"""Of a platform's own words so many are told apart; the others are `other`."""

_CODE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,48}")

_STOPPED: Final = frozenset({"", "CancelledError", "GeneratorExit"})
"""How a step ends that nothing broke."""

_REFUSALS: Final = (
    "unsure",
    "nothing_found",
    "late",
    "unavailable",
    "too_long",
    "limit_person",
    "limit_channel",
    "limit_all",
    "limit_commands",
)
"""Why a question gets no answer. They are all there from the start, because what goes from nothing
to one is no increase to Prometheus; so are the failures of the audit log.
"""

_Hear: TypeAlias = Callable[[Step], None]


class Metrics:
    """What is counted, and the registry that `/metrics` shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        build = Info("deskmate_build", "What is running", registry=self.registry)
        build.info({"version": __version__, "python": machine.python_version()})
        self.events_unfinished = self._gauge("events_unfinished", "Events taken in but not done")
        self.oldest_event = self._gauge(
            "events_oldest_seconds", "Age of the event that is not done for longest; 0 for none"
        )
        self.gaps = self._gauge("gaps", "Questions that nobody has answered yet", "state")
        self._spans_lost = self._counter("spans_lost", "Spans that no collector has", "reason")
        self._steps = _Steps(self)
        self._hears: Mapping[str, _Hear] = {
            **self._of_events(),
            **self._of_answers(),
            **self._of_the_model(),
            **self._of_cards(),
            **self._of_the_rest(),
        }

    @property
    def heard(self) -> frozenset[str]:
        """The names of the steps that are counted otherwise than by their time."""
        return frozenset(self._hears)

    def hear(self, step: Step) -> None:
        """Count a step; the listener of `Steps`."""
        if step.name in TIMED:
            self._steps.count(step)
        hear = self._hears.get(step.name)
        if hear is not None:
            hear(step)

    def lose(self, reason: str, spans: int) -> None:
        """So many spans of traces will be seen by nobody; from any thread."""
        self._spans_lost.labels(reason).inc(spans)

    # ── what each step adds ───────────────────────────────────────────────────────────────────

    def _of_events(self) -> Mapping[str, _Hear]:
        taken = self._counter("events", "Events taken in", "platform", "kind")
        again = self._counter("events_repeated", "Events that were known already", "platform")
        refused = self._counter("events_refused", "Events sent back", "platform", "error")
        ack = self._seconds("ack_seconds", "Until an event is on disk", _QUICK, "platform")
        failed = self._counter("events_failed", "Events that broke a desk", "kind", "error")
        put_off = self._counter("events_put_off", "Events to be tried again", "platform")

        def acknowledged(step: Step) -> None:
            of = str(step.facts["platform"])
            if step.error:
                refused.labels(of, step.error).inc()
                return
            ack.labels(of).observe(step.took_s)
            if step.facts.get("new"):
                taken.labels(of, step.facts["kind"]).inc()
            else:
                again.labels(of).inc()

        return {
            "ack": acknowledged,
            "event_failed": lambda step: failed.labels(
                step.facts["kind"], step.facts["error"]
            ).inc(),
            "put_off": lambda step: put_off.labels(step.facts["platform"]).inc(),
        }

    def _of_answers(self) -> Mapping[str, _Hear]:
        answers = self._counter("answers", "Answers given", "outcome", "language")
        first = self._seconds("first_words_seconds", "Question to first draft or answer", _SLOW)
        whole = self._seconds("answer_seconds", "Question to answer", _SLOW)
        refusals = self._counter("refusals", "Questions that got no answer", "reason")
        for reason in _REFUSALS:
            refusals.labels(reason)

        def answered(step: Step) -> None:
            if "first_words_s" in step.facts:
                first.observe(float(step.facts["first_words_s"]))
            if "outcome" in step.facts:
                whole.observe(step.took_s)
                answers.labels(step.facts["outcome"], step.facts["language"]).inc()

        return {
            "answer": answered,
            "refused": lambda step: refusals.labels(step.facts["reason"]).inc(),
        }

    def _of_the_model(self) -> Mapping[str, _Hear]:
        wait = self._seconds("model_wait_seconds", "Prompts waiting for their turn", _SLOW)
        behind = self._histogram("model_queue_position", "Prompts ahead in the line", _PLACES)
        first = self._seconds("model_first_token_seconds", "Prompt to first token", _SLOW)
        whole = self._seconds("model_seconds", "Prompt to last token", _SLOW)
        tokens = self._counter("model_tokens", "Tokens of the language model", "kind")
        errors = self._counter("model_errors", "Prompts that got no reply", "error")

        def queued(step: Step) -> None:
            behind.observe(float(step.facts["behind"]))
            if step.error in _STOPPED:
                wait.observe(step.took_s)
            else:
                errors.labels("QueueFull").inc()

        def replied(step: Step) -> None:
            if "first_token_s" in step.facts:
                first.observe(float(step.facts["first_token_s"]))
            if step.error in _STOPPED:
                whole.observe(step.took_s)
            else:
                errors.labels(step.error).inc()
            for kind in ("prompt", "completion"):
                tokens.labels(kind).inc(float(step.facts.get(f"{kind}_tokens", 0)))

        return {"queue": queued, "model": replied}

    def _of_cards(self) -> Mapping[str, _Hear]:
        calls = self._seconds(
            "card_seconds", "A platform's time for a card", _QUICK, "platform", "action"
        )
        waits = self._seconds("question_seconds", "Question to its last card", _SLOW, "platform")
        errors = self._counter("channel_errors", "Cards not taken", "platform", "code")
        codes = _Codes()

        def called(step: Step) -> None:
            of = str(step.facts["platform"])
            if "code" in step.facts:
                errors.labels(of, codes.bounded(of, str(step.facts["code"]))).inc()
            elif step.error in _STOPPED:
                calls.labels(of, step.name).observe(step.took_s)

        def shown(step: Step) -> None:
            waits.labels(step.facts["platform"]).observe(float(step.facts["waited_s"]))

        return {"send": called, "update": called, "card": shown}

    def _of_the_rest(self) -> Mapping[str, _Hear]:
        verdicts = self._counter("verdicts", "Verdicts by people", "value")
        reminders = self._counter("reminders", "People who were asked or reminded", "of")
        audit = self._counter("audit_failures", "What the audit log did not get", "reason")
        for reason in ("unavailable", "too_many"):
            audit.labels(reason)
        work = self._counter("work_failures", "Work beside answering that failed", "work")
        return {
            "verdict": lambda step: verdicts.labels(step.facts["value"]).inc(),
            "reminder": lambda step: reminders.labels(step.facts["of"]).inc(),
            "audit_failed": lambda step: audit.labels(step.facts["reason"]).inc(),
            "work_failed": lambda step: work.labels(step.facts["work"]).inc(),
        }

    # ── how a metric is made ──────────────────────────────────────────────────────────────────

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"deskmate_{name}", says, labels, registry=self.registry)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(f"deskmate_{name}", says, labels, registry=self.registry)

    def _histogram(
        self, name: str, says: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(f"deskmate_{name}", says, labels, buckets=buckets, registry=self.registry)

    _seconds = _histogram


class _Steps:
    """Every timed step by its name; the label's histogram is looked up once."""

    def __init__(self, metrics: Metrics) -> None:
        seconds = Histogram(
            "deskmate_step_seconds",
            "What a step of an answer took",
            ("step",),
            buckets=_QUICK,
            registry=metrics.registry,
        )
        self._seconds = {name: seconds.labels(name) for name in TIMED}
        self._failures = Counter(
            "deskmate_step_failures",
            "Steps that broke",
            ("step", "error"),
            registry=metrics.registry,
        )

    def count(self, step: Step) -> None:
        """One more step of this name."""
        self._seconds[step.name].observe(step.took_s)
        if step.error not in _STOPPED:
            self._failures.labels(step.name, step.error).inc()


class _Codes:
    """A platform's own words, so many of them that a registry never fills up."""

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {}

    def bounded(self, platform: str, code: str) -> str:
        """The code, or `other` where it is none or there are too many already."""
        known = self._known.setdefault(platform, set())
        if code in known:
            return code
        if len(known) >= _MOST_CODES or not _CODE.fullmatch(code):
            return "other"
        known.add(code)
        return code
