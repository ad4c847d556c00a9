"""From a YAML file to one edition of a journey, or the faults in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast

import yaml

from bot.core.onboarding.cards import LETTERS
from bot.core.onboarding.model import (
    COMPANY,
    Asked,
    Condition,
    Content,
    Day,
    Edition,
    Escalation,
    Meeting,
    Message,
    Part,
    Questions,
    Quiz,
    Step,
    Task,
    Tip,
    Whom,
)
from bot.core.onboarding.wording import PLACEHOLDERS
from bot.journeys.nodes import Fault, Page
from knowledge.model import Language

_JOURNEY: Final = ("version", "title", "starts", "for", "audiences", "welcome", "steps")
_WHOM: Final = ("joined", "platforms", "departments", "roles", "locations")
_KINDS: Final = ("message", "task", "quiz", "form", "survey", "meet", "tip")
_STEP: Final = (
    *("id", "day", "workday", "at", "text", "due", "due_workday", "remind", "escalate", "when"),
    *("owner", "visible_to", "grace"),
    *_KINDS,
)
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "message": ("url", "handbook"),
    "task": ("url", "handbook"),
    "quiz": ("choices", "right", "because", "handbook"),
    "form": ("fields",),
    "survey": ("fields",),
    "meet": ("who",),
    "tip": (),
}
_PARTS: Final = ("joiner", "manager", "buddy", "hr")
_STATES: Final = ("done", "open", "right", "wrong")
_ID: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_FIELD: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PERSON: Final = re.compile(r"[a-z]+:\S+")
_URL: Final = re.compile(r"(?:https?://|mailto:)\S+")
_BRACES: Final = re.compile(r"\{(\w*)\}")
_SPAN: Final = re.compile(r"(\d{1,3}) ?(hour|day)s?")
_FIRST_DAY: Final = -60
_LAST_DAY: Final = 400
_MOST_STEPS: Final = 300
_MOST_FIELDS: Final = 8
_TITLE: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file as it was read. steps_at: the lines of the steps, for what is compared later."""

    path: str
    version: str
    starts: str
    whom: Whom
    audiences: tuple[str, ...]
    edition: Edition
    steps_at: Mapping[str, int]


def read(text: str, *, path: str, language: Language) -> tuple[Draft | None, tuple[Fault, ...]]:
    """What a file says, and every mistake in it; with a mistake it is no journey."""
    page = Page(path=path)
    root = page.root(text)
    draft = _Reader(page, language).journey(root) if root is not None else None
    return (None if page.faults else draft), tuple(page.faults)


class _Reader:
    """Reads one file; what later steps may name is remembered."""

    def __init__(self, page: Page, language: Language) -> None:
        self._page = page
        self._language = language
        self._steps: dict[str, Step] = {}
        self._at: dict[str, int] = {}

    def journey(self, root: yaml.Node) -> Draft | None:
        page, found = self._page, self._page.fields(root, _JOURNEY)
        for needed in ("title", "steps"):
            if needed not in found:
                page.fault(root, f"`{needed}` is missing")
        nodes = list(page.items(found.get("steps")))
        if len(nodes) > _MOST_STEPS:
            page.fault(found["steps"], f"{len(nodes)} steps are too many, at most {_MOST_STEPS}")
        for node in nodes[:_MOST_STEPS]:
            self._step(node)
        edition = Edition(
            language=self._language,
            title=page.text(found.get("title"), longest=_TITLE),
            welcome=self._filled(found.get("welcome")),
            steps=tuple(self._steps.values()),
        )
        return Draft(
            path=page.path,
            version=page.text(found.get("version"), longest=40),
            starts=page.one_of(found.get("starts"), ("join", "date", "command"), "join"),
            whom=self._whom(found.get("for")),
            audiences=page.texts(found.get("audiences")),
            edition=edition,
            steps_at=dict(self._at),
        )

    def _whom(self, node: yaml.Node | None) -> Whom:
        if node is None:
            return Whom()
        found = self._page.fields(node, _WHOM)
        joined = self._page.texts(found.get("joined")) or (COMPANY,)
        for one in joined:
            if one != COMPANY and not _PERSON.fullmatch(one):
                self._page.fault(found["joined"], f"`{one}` is neither company nor as `slack:C1`")
        return Whom(
            joined=joined,
            **{name: self._page.texts(found.get(name)) for name in _WHOM if name != "joined"},
        )

    # ── steps ─────────────────────────────────────────────────────────────────────────────────

    def _step(self, node: yaml.Node) -> None:
        page = self._page
        kind = self._kind(node)
        if kind is None:
            return
        found = page.fields(node, (*_STEP, *_ALSO[kind]))
        step_id = page.text(found.get("id"), longest=64)
        if not _ID.fullmatch(step_id):
            page.fault(found.get("id", node), f"`id: {step_id}` needs to be as in `first-lunch`")
            return
        if step_id in self._steps:
            page.fault(found["id"], f"there is a step `{step_id}` above")
            return
        self._at[step_id] = node.start_mark.line + 1
        self._steps[step_id] = self._built(step_id, kind, node, found)

    def _kind(self, node: yaml.Node) -> str | None:
        page = self._page
        if not isinstance(node, yaml.MappingNode):
            page.fault(node, "expected a step, as in `- id: lunch`")
            return None
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        kinds = [kind for kind in _KINDS if kind in keys]
        if len(kinds) != 1:
            said = f"has {' and '.join(kinds)}" if kinds else "is of no kind"
            page.fault(node, f"the step {said}; it needs exactly one of {', '.join(_KINDS)}")
            return None
        return kinds[0]

    def _built(
        self, step_id: str, kind: str, node: yaml.Node, found: Mapping[str, yaml.Node]
    ) -> Step:
        page = self._page
        day = self._day(found, "day", "workday") or Day(number=1)
        if "day" not in found and "workday" not in found:
            page.fault(node, "`day` is missing, as in `day: 1`")
        due = self._day(found, "due", "due_workday")
        if due and due.workdays == day.workdays and due.number < day.number:
            page.fault(found.get("due", node), "it is due before it begins")
        lasting = kind not in ("message", "tip")
        for name in ("due", "due_workday", "remind", "escalate"):
            if name in found and not lasting:
                page.fault(found[name], f"a {kind} is only read, so it has no `{name}`")
        for name in ("remind", "escalate"):
            if name in found and due is None:
                page.fault(found[name], f"`{name}` needs `due`")
        if kind in ("form", "survey") and "visible_to" not in found:
            page.fault(node, "`visible_to` is missing: who may read the answers, as in `[hr]`")
        return Step(
            id=step_id,
            title=self._filled(found[kind], longest=_TITLE),
            text=self._filled(found.get("text")),
            content=self._content(kind, node, found),
            day=day,
            at=page.clock(found.get("at")),
            due=due,
            remind=self._remind(found.get("remind")),
            escalate=self._escalate(found.get("escalate")),
            when=self._when(found.get("when")),
            owner=cast("Part", page.one_of(found.get("owner"), _PARTS, "joiner")),
            visible_to=self._visible_to(found.get("visible_to")),
            grace=self._grace(found.get("grace")),
        )

    def _day(self, found: Mapping[str, yaml.Node], plain: str, working: str) -> Day | None:
        if plain in found and working in found:
            self._page.fault(found[working], f"`{plain}` and `{working}` exclude each other")
        workdays = working in found
        least = 1 if workdays else _FIRST_DAY
        number = self._page.number(found.get(working if workdays else plain), least, _LAST_DAY)
        return None if number is None else Day(number=number, workdays=workdays)

    def _remind(self, node: yaml.Node | None) -> tuple[int, ...]:
        days = (self._page.number(one, 0, 60) for one in self._page.items(node))
        return tuple(sorted({day for day in days if day is not None}))

    def _escalate(self, node: yaml.Node | None) -> Escalation | None:
        if node is None:
            return None
        found = self._page.fields(node, ("after", "to"))
        days = self._page.number(found.get("after"), 1, 90)
        if "after" not in found:
            self._page.fault(node, "`after` is missing: days over the due date")
        to = cast("Part", self._page.one_of(found.get("to"), _PARTS[1:], "manager"))
        return Escalation(days=days or 1, to=to)

    def _grace(self, node: yaml.Node | None) -> timedelta | None:
        said = self._page.text(node)
        match = _SPAN.fullmatch(said)
        if node is not None and match is None:
            self._page.fault(node, "expected a span, as in `12 hours` or `3 days`")
        if match is None:
            return None
        return timedelta(**{f"{match[2]}s": int(match[1])})

    def _visible_to(self, node: yaml.Node | None) -> tuple[str, ...]:
        named = self._page.texts(node)
        for one in named:
            if one not in _PARTS and not _PERSON.fullmatch(one):
                reason = f"`{one}` is neither {', '.join(_PARTS)} nor a person as `slack:U1`"
                self._page.fault(cast("yaml.Node", node), reason)
        return named

    def _when(self, node: yaml.Node | None) -> tuple[Condition, ...]:
        if node is None:
            return ()
        found = self._page.fields(node, ())
        conditions: list[Condition] = []
        for name, value in found.items():
            step_id, _, part = name.partition(".")
            values = self._page.texts(value)
            step = self._steps.get(step_id)
            if step is None:
                self._page.fault(value, f"there is no step `{step_id}` above")
                continue
            possible = _possible(step, part)
            wrong = [one for one in values if possible and one not in possible]
            if wrong or not possible:
                known = ", ".join(possible) or "nothing"
                self._page.fault(value, f"`{name}` is never `{', '.join(wrong)}`; it is {known}")
            conditions.append(Condition(step=step_id, name=part, values=values))
        return tuple(conditions)

    # ── what a step holds ─────────────────────────────────────────────────────────────────────

    def _content(self, kind: str, node: yaml.Node, found: Mapping[str, yaml.Node]) -> Content:
        page = self._page
        handbook = page.text(found.get("handbook"), longest=300)
        match kind:
            case "message":
                return Message(url=self._url(found.get("url")), handbook=handbook)
            case "task":
                return Task(url=self._url(found.get("url")), handbook=handbook)
            case "quiz":
                return self._quiz(node, found, handbook)
            case "meet":
                return self._meeting(found.get("who"), node)
            case "tip":
                return Tip()
            case _:
                fields = self._fields(found.get("fields"), node)
                return Questions(fields=fields, kind="survey" if kind == "survey" else "form")

    def _quiz(self, node: yaml.Node, found: Mapping[str, yaml.Node], handbook: str) -> Quiz:
        page = self._page
        choices = page.texts(found.get("choices"))
        if not 2 <= len(choices) <= len(LETTERS):
            page.fault(found.get("choices", node), f"a quiz has 2 to {len(LETTERS)} `choices`")
        right = page.number(found.get("right"), 1, max(1, len(choices)))
        if "right" not in found:
            page.fault(node, "`right` is missing: the number of the right choice, 1 the first")
        because = self._filled(found.get("because"))
        return Quiz(choices=choices, right=(right or 1) - 1, explanation=because, handbook=handbook)

    def _meeting(self, who: yaml.Node | None, node: yaml.Node) -> Meeting:
        page = self._page
        if who is None:
            page.fault(node, "`who` is missing: manager, buddy, hr, or a person's `name`")
            return Meeting()
        if isinstance(who, yaml.ScalarNode):
            return Meeting(part=cast("Part", page.one_of(who, _PARTS[1:], "hr")))
        found = page.fields(who, ("name", "does", "contact", "picture"))
        if "name" not in found:
            page.fault(who, "`name` is missing")
        return Meeting(
            name=page.text(found.get("name"), longest=_TITLE),
            does=page.text(found.get("does"), longest=300),
            contact=page.text(found.get("contact"), longest=300),
            picture=self._url(found.get("picture")),
        )

    def _fields(self, node: yaml.Node | None, step: yaml.Node) -> tuple[Asked, ...]:
        nodes = list(self._page.items(node))
        if not 1 <= len(nodes) <= _MOST_FIELDS:
            self._page.fault(node or step, f"it needs 1 to {_MOST_FIELDS} `fields`")
        asked = [self._field(one) for one in nodes[:_MOST_FIELDS]]
        names = [one.name for one in asked]
        for one, name in zip(nodes, names, strict=False):
            if names.count(name) > 1:
                self._page.fault(one, f"there are several fields `{name}`")
        return tuple(asked)

    def _field(self, node: yaml.Node) -> Asked:
        page = self._page
        found = page.fields(node, ("name", "label", "choices", "required"))
        name = page.text(found.get("name"))
        if not _FIELD.fullmatch(name):
            page.fault(found.get("name", node), "`name` needs to be as in `mood`")
        if not page.text(found.get("label")):
            page.fault(node, "`label` is missing: the question itself")
        choices = page.texts(found.get("choices"), longest=75)
        if len(set(choices)) != len(choices) or len(choices) == 1 or len(choices) > 20:
            page.fault(found.get("choices", node), "2 to 20 different choices, or none for text")
        return Asked(
            name=name,
            label=page.text(found.get("label"), longest=150),
            choices=choices,
            required=page.yes(found.get("required"), otherwise=True),
        )

    def _url(self, node: yaml.Node | None) -> str:
        said = self._page.text(node, longest=1_000)
        if said and not _URL.fullmatch(said):
            self._page.fault(cast("yaml.Node", node), f"`{said}` is no address")
        return said

    def _filled(self, node: yaml.Node | None, *, longest: int = 4_000) -> str:
        """A text with names in braces, which must be known ones."""
        said = self._page.text(node, longest=longest)
        for match in _BRACES.finditer(said):
            if match[1] not in PLACEHOLDERS:
                known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
                reason = f"`{match[0]}` means nothing; {known} do"
                self._page.fault(cast("yaml.Node", node), reason)
        return said


def _possible(step: Step, part: str) -> Sequence[str]:
    """What a condition on this step, or this field of it, may name."""
    match step.content:
        case Questions():
            if part:
                named = [field for field in step.content.fields if field.name == part]
                return [choice for field in named for choice in field.choices]
            choices = [choice for field in step.content.fields for choice in field.choices]
            return [*_STATES[:2], *choices]
        case Quiz():
            return () if part else (*_STATES, *step.content.choices)
        case Task() | Meeting():
            return () if part else _STATES[:2]
        case Message() | Tip():
            return ()
