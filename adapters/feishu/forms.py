"""Forms in a Feishu card; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

from adapters.dialect import clean
from adapters.feishu.components import (
    Element,
    Measure,
    callback,
    one_line,
    plain_text,
    size_of,
)
from adapters.feishu.markdown import plain_markdown
from bot.core.model import Button, Field, Form

_LONGEST_NAME: Final = 100
_LONGEST_INPUT: Final = 1_000
"""Characters; Feishu's own limit."""

_LONGEST_CHOICE: Final = 80
"""Bytes."""


class Names:
    """The names of a card's components; no two may share one.

    Where they would, a mark such as `#1` tells them apart, which is cut off when they come back.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        """This name, or the nearest that is free."""
        wanted = clean(wanted)[: _LONGEST_NAME - 5] or "unnamed"
        name, number = wanted, 0
        while name in self._taken:
            number += 1
            name = f"{wanted}#{number}"
        self._taken.add(name)
        return name


def form(form_: Form, measure: Measure, names: Names) -> Element:
    """Inputs with one button that sends them."""
    shown = form_.fields[: measure.fields]
    fields = [one for each in shown for one in _field(each, measure, names)]
    button = Button(name=form_.name, label=form_.submit_label, values=form_.values)
    return {
        "tag": "form",
        "name": names.take("form"),
        "elements": [
            *fields,
            {
                "tag": "button",
                "name": _button_name(form_, names),
                "text": plain_text(button.label, measure.label),
                "type": "primary",
                "form_action_type": "submit",
                "behaviors": callback(button, measure),
            },
        ],
    }


def _button_name(form_: Form, names: Names) -> str:
    """Some clients send a form without its button's value: the name brings it a second time."""
    name = names.take(form_.name)
    with_values = f"{name}?{urlencode(form_.values, errors='replace')}"
    return with_values if len(with_values) <= _LONGEST_NAME else name


def _field(field: Field, measure: Measure, names: Names) -> Iterator[Element]:
    label = one_line(field.label, 4 * measure.label)
    options = _options(field, measure)
    if options:
        yield {"tag": "markdown", "content": plain_markdown(label)}
        yield {
            "tag": "select_static",
            "name": names.take(field.name),
            "placeholder": plain_text(label, measure.label),
            "required": field.required,
            "options": options,
        }
        return
    yield {
        "tag": "input",
        "name": names.take(field.name),
        "label": plain_text(label, 4 * measure.label),
        "label_position": "top",
        "input_type": "multiline_text" if field.multiline else "text",
        "required": field.required,
        "max_length": _LONGEST_INPUT,
    }


def _options(field: Field, measure: Measure) -> list[Element]:
    """Choices that can be told apart by what they bring back."""
    values = {clean(one.value): one.label for one in field.choices[: measure.choices]}
    return [
        {"text": plain_text(label, measure.label), "value": value}
        for value, label in values.items()
        if size_of(value) <= _LONGEST_CHOICE
    ]
