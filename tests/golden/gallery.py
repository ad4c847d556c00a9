"""Cards that every renderer must manage, by name: what the bot shows, and what it never should."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.core import cards
from bot.core.model import (
    Block,
    Button,
    Buttons,
    Card,
    Choice,
    Field,
    Fields,
    Form,
    Image,
    Markdown,
    MessageRef,
    Progress,
    Source,
    Sources,
)
from knowledge.model import Answer, Citation, Hit, Language, Outcome, Passage

FAMILY: Final = "👨‍👩‍👧‍👦"

_QUOTES: Final = {
    "zh": "工作满一年的员工每年享有十天带薪年假。",
    "en": "Everyone who has worked here for a year has ten days of paid leave.",
}


# ── what the bot shows ────────────────────────────────────────────────────────────────────────


def _citation(marker: int, language: Language) -> Citation:
    titles = {"zh": "年假制度", "en": "Annual leave"}
    return Citation(
        marker=marker,
        document_id=f"{language}__annual_leave_{marker}",
        passage_id=f"{language}__annual_leave_{marker}#0",
        title=f"{titles[language]} {marker}",
        uri=f"https://handbook.example.com/{language}/annual-leave-{marker}",
        quote=_QUOTES[language],
        heading_path=(titles[language],),
        page=marker,
    )


def _answer(text: str, language: Language, outcome: Outcome, sources: int) -> Card:
    citations = tuple(_citation(marker, language) for marker in range(1, sources + 1))
    answer = Answer(
        outcome=outcome,
        text=text,
        language=language,
        confidence=0.9,
        citations=citations,
        standalone="" if text else "*年假* days?",
    )
    return cards.answer_card(answer, language)


def _unknown(language: Language) -> Card:
    titles = {"zh": ("差旅报销", "*公司*卡"), "en": ("Business travel", "The *company* card")}
    hits = tuple(
        Hit(
            passage=Passage(
                id=f"{number}",
                document_id=f"{number}",
                title=title,
                uri="",
                language=language,
                text=title,
            ),
            score=0.1,
        )
        for number, title in enumerate(titles[language])
    )
    answer = Answer(outcome=Outcome.UNKNOWN, text="", language=language, confidence=0.1, hits=hits)
    return cards.answer_card(answer, language)


_HELP: Final = (
    ("/deskmate help", "show this help"),
    ("/deskmate clear", "forget our talk here and start anew"),
    ("/deskmate whoami", "show your user id and roles"),
)

_SHOWN: Final[Mapping[str, Card]] = {
    "progress": cards.progress_card("zh"),
    "draft": cards.draft_card("You have **ten days** of leave, and", "en"),
    "answer_zh": _answer(
        "工作满一年后，您每年有**十天**带薪年假。[1]\n\n"
        "- 请提前三天申请。[2]\n- 未休完的可顺延到三月底。[1]",
        "zh",
        Outcome.GROUNDED,
        2,
    ),
    "answer_en": _answer(
        "You have **ten days** of leave [1]. Ask your manager [2], fill in "
        "[the form](https://handbook.example.com/form) [3], and wait [4]; up to five days can be "
        "carried over [5].",
        "en",
        Outcome.GROUNDED,
        5,
    ),
    "degraded": _answer(f"> {_QUOTES['zh']} [1]", "zh", Outcome.DEGRADED, 1),
    "suggested_zh": _answer("", "zh", Outcome.UNKNOWN, 2),
    "suggested_en": _answer("", "en", Outcome.UNKNOWN, 1),
    "unknown_zh": _unknown("zh"),
    "unknown_en": _unknown("en"),
    "reason_form": cards.reason_card(MessageRef(platform="fake", id="C1:1700000000.000100"), "en"),
    "fields": cards.fields_card(
        (("用户编号", "slack:U123"), ("姓名", "王小明 & Söhne"), ("角色", "员工、管理员")),
        "zh",
        title="我是谁",
    ),
    "help": cards.help_card(_HELP, "en", unknown="hlep"),
}


# ── what a card may hold ──────────────────────────────────────────────────────────────────────


def _card(*blocks: Block, language: Language = "en", title: str = "") -> Card:
    return Card(language=language, title=title, blocks=blocks, summary=title or "A card")


def table(rows: int, columns: int) -> str:
    """A Markdown table with a header."""
    header = "| " + " | ".join(f"Name {column}" for column in range(columns)) + " |"
    lines = (
        "| " + " | ".join(f"{row}·{column}" for column in range(columns)) + " |"
        for row in range(rows)
    )
    return "\n".join((header, "|---" * columns + "|", *lines))


def code_blocks(count: int) -> str:
    """Fenced code, each block with its number over it."""
    return "\n\n".join(
        f"Step {number}:\n\n```py\nprint({number} < 2 and 'a & b')\n```" for number in range(count)
    )


_LONG: Final = "\n\n".join(
    f"## 第 {number} 节 / Section {number}\n\n"
    + "工作满一年后，每年有十天带薪年假；未休完的可顺延。Ten days, with *care* and `leave()`. " * 6
    + "\n\n- one\n- two\n  1. deeper"
    for number in range(1, 86)
)

_NESTED: Final = """1. Open the form
   - on paper
   - [on the web](https://handbook.example.com/form)
     1. sign in
     2. choose **leave**

     A second paragraph of this item.
2. Send it
   > Keep a copy.

   ```sh
   cp form.pdf ~/copies
   ```
3. Wait"""

_BUTTONS: Final = Buttons(
    items=(
        Button(name="verdict", label="👍 Helpful", values={"vote": "up"}, style="primary"),
        Button(name="verdict", label="👎 Not helpful", values={"vote": "down"}, style="danger"),
        Button(name="open_source", label="原文", values={"passage_id": "zh__leave#0"}),
    )
)

_HELD: Final[Mapping[str, Card]] = {
    "buttons": _card(Markdown(text="Was this right?"), _BUTTONS, title="Three styles"),
    "image": _card(
        Image(url="https://handbook.example.com/map.png", alt="The way to the canteen & back")
    ),
    "table": _card(Markdown(text=f"Limits **for hotels**:\n\n{table(4, 3)}\n\nPer night.")),
    "code": _card(Markdown(text="Run `make demo`:\n\n```sh\nmake demo ONCE=1 && echo '<ok>'\n```")),
    "nested_lists": _card(Markdown(text=_NESTED)),
    "half_done": _card(Progress(text="Reading the handbook…", fraction=0.5)),
}


# ── what is too much ──────────────────────────────────────────────────────────────────────────

_CHOICES: Final = tuple(
    Choice(value=f"choice_{number}", label=f"Choice {number} of a hundred and fifty")
    for number in range(150)
)

_BIG_FORM: Final = Form(
    name="survey",
    fields=(
        *(
            Field(name=f"select_{number}", label=f"Select {number}", choices=_CHOICES)
            for number in range(6)
        ),
        *(
            Field(name=f"text_{number}", label=f"Text {number}", multiline=number % 2 == 0)
            for number in range(5)
        ),
        Field(name="last", label="最后一项" * 60, required=True),
    ),
    submit_label="Send it all now, please" * 5,
    values={"answer": "C1:1700000000.000100"},
)

_HUGE_SOURCE: Final = Source(
    marker=1,
    title="标题 Title " * 375,
    uri="javascript:alert(1)",
    place="Chapter › " * 200,
    quote="Quote with `code` and *stars*. " * 200,
    passage_id="zh__" + "deep__" * 200 + "leave#0",
)

_TOO_MUCH: Final[Mapping[str, Card]] = {
    "answer_of_60_kb": _answer(_LONG, "zh", Outcome.GROUNDED, 3),
    "table_200x20": _card(Markdown(text=table(200, 20))),
    "code_blocks_30": _card(Markdown(text=code_blocks(30))),
    "code_never_closed": _card(Markdown(text="````py\n```\nprint('inner fence')\n```\n" * 2)),
    "one_word": _card(Markdown(text="x" * 50_000), title="t" * 5_000),
    "buttons_40": _card(
        Buttons(
            items=tuple(
                Button(
                    name=f"action_{number}", label=f"No. {number} " * 12, values={"n": "1" * 900}
                )
                for number in range(40)
            )
        )
    ),
    "form_12x150": _card(_BIG_FORM, title="Survey"),
    "huge_source": _card(Markdown(text="See [1]."), Sources(items=(_HUGE_SOURCE,))),
    "sources_60": _card(
        Sources(
            items=tuple(
                replace(_HUGE_SOURCE, marker=number, title=f"Source {number}", uri="")
                for number in range(1, 61)
            )
        )
    ),
    "fields_60": _card(Fields(rows=tuple((f"Label {n} " * 20, "value " * 500) for n in range(60)))),
    "blocks_120": _card(*(Markdown(text=f"Paragraph {number}.") for number in range(120))),
}


# ── what is meant badly ───────────────────────────────────────────────────────────────────────

HOSTILE_TEXT: Final = """<!channel> <!here> <@U123> <#C123> <at id=all></at>
<at user_id="all">x</at> @所有人 @all @everyone
<script>alert(1)</script> `&<>` & < > &amp; <font color='red'>red</font>

[x](javascript:alert(1)) [data](data:text/html,1) <javascript:alert(1)> ![p](http://127.0.0.1/p.png)

- ${7*7} {{7*7}} %s \\ ' OR 1=1 -- ../../etc/passwd
- zero\u200bwidth, \u202eright to left\u202c, NUL \x00, half \ud800 a pair, bell \x07

| <!channel> | @所有人 |
|---|---|
| <at id=all></at> | a \\| b |

```
<!channel> <at id=all></at> & < >
```"""
"""Pings, markup and addresses that must stay words."""

_MEANT_BADLY: Final[Mapping[str, Card]] = {
    "hostile": Card(
        language="en",
        title="Invoice \u202efdp.exe <!channel> <at id=all></at> \x00\ud800",
        summary="@所有人 <!channel> \u202eline\nbreak \x00\ud800",
        blocks=(
            Markdown(text=HOSTILE_TEXT),
            Sources(
                items=(
                    Source(
                        marker=1,
                        title="[x](javascript:alert(1)) <!channel>\u202e\x00",
                        uri="https://example.com/a|b>c d\"e'f<g",
                        place="<at id=all></at> *bold* › `code`",
                        quote="@所有人 <!channel> ``` \ud800 | a | b |",
                        passage_id='<&">\u202e|',
                    ),
                )
            ),
            Fields(rows=(("<!channel>\x00", "<at id=all></at> *x*"), ("@all", "\ud800 & <b>"))),
            Image(url="javascript:alert(1)", alt="<!channel> \u202e\ud800"),
            Progress(text="<!channel> <at id=all></at> \x00", fraction=7.0),
            Buttons(
                items=(
                    Button(
                        name="ask_person",
                        label="<!channel> \u202eyes\x00\ud800",
                        values={"<key>": '"quoted" & \\ back\n', "surrogate": "\ud800\x00"},
                    ),
                )
            ),
        ),
    ),
    "emoji": _card(
        Markdown(text=f"{FAMILY * 40} 👍🏽 🇨🇳🇩🇪 1️⃣ é 葛󠄀 :wave: [微笑] ✅"),
        Buttons(items=(Button(name="verdict", label=FAMILY * 40, values={"vote": "up"}),)),
        title=FAMILY * 40,
    ),
    "empty": Card(
        language="zh",
        blocks=(
            Markdown(text=""),
            Markdown(text=" \n\u3000"),
            Sources(items=()),
            Sources(items=(Source(marker=1, title="", uri="", place="", quote="", passage_id=""),)),
            Fields(rows=()),
            Fields(rows=(("", ""),)),
            Buttons(items=()),
            Buttons(items=(Button(name="", label=""),)),
            Progress(text=""),
            Image(url="", alt=""),
            Form(name="", fields=(), submit_label=""),
            Form(name="f", fields=(Field(name="", label=""),), submit_label=""),
        ),
    ),
    "no_blocks": Card(language="en", blocks=()),
    "same_names_twice": _card(
        _BUTTONS,
        _BUTTONS,
        Form(
            name="f",
            fields=(
                Field(name="a", label="A"),
                Field(
                    name="a",
                    label="A again",
                    choices=(Choice(value="v", label="V"), Choice(value="v", label="V again")),
                ),
            ),
            submit_label="Send",
        ),
    ),
}

GALLERY: Final[Mapping[str, Card]] = {**_SHOWN, **_HELD, **_TOO_MUCH, **_MEANT_BADLY}
"""By name, in the order a reader would look at them."""
