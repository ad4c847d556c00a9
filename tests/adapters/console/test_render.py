from __future__ import annotations

import io

import pytest
from rich.console import Console

from adapters.console.codec import harmless
from adapters.console.render import draft_line, render, render_text
from bot.core.model import (
    Block,
    Button,
    Buttons,
    Card,
    Field,
    Fields,
    Form,
    Image,
    Markdown,
    Progress,
    Source,
    Sources,
)

SOURCE = Source(
    marker=1,
    title="员工手册",
    uri="https://intranet.example/handbook",
    place="休假 › 年假",
    quote="- 满一年休 **5 天**。",
    passage_id="p",
)


def card(*blocks: Block, title: str = "") -> Card:
    return Card(language="zh", title=title, blocks=blocks)


def shown(given: Card, width: int = 60) -> str:
    """What the terminal shows, colours left out and line ends trimmed."""
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(render(given))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def test_an_answer_in_a_terminal():
    answer = card(
        Markdown(text="**说明：**满一年休 **5 天** [1]。"),
        Sources(items=(SOURCE,)),
        Buttons(items=(Button(name="verdict", label="👍"),)),
        title="年假",
    )

    assert shown(answer) == (
        "年假\n\n"
        "说明：满一年休 5 天 [1]。\n\n"
        "[1] 员工手册  休假 › 年假\n"
        "    满一年休 5 天。\n"
        "    https://intranet.example/handbook"
    )


def test_an_answer_in_a_pipe():
    answer = card(
        Markdown(text="满一年休 **5 天** [1]。\n"),
        Sources(items=(SOURCE,)),
        Fields(rows=(("人数", "3"), ("比例", "1"))),
        Buttons(items=(Button(name="verdict", label="👍"),)),
        title="年假",
    )

    assert render_text(answer) == (
        "年假\n\n"
        "满一年休 **5 天** [1]。\n\n"
        "[1] 员工手册  休假 › 年假\n"
        "    满一年休 5 天。\n"
        "    https://intranet.example/handbook\n\n"
        "人数: 3\n"
        "比例: 1"
    )


def test_fields_progress_and_images_in_a_terminal():
    text = shown(
        card(
            Fields(rows=(("人数", "3"),)),
            Progress(text="正在查找"),
            Progress(text="导入", fraction=0.5),
            Image(url="https://x.example/a.png", alt="地图"),
        )
    )

    assert text == (
        f"人数  3\n\n正在查找\n\n导入 {'━' * 12}{'─' * 12}\n\n地图 (https://x.example/a.png)"
    )


def test_progress_and_images_in_a_pipe():
    text = render_text(
        card(Progress(text="导入", fraction=2.0), Image(url="https://x.example/a.png", alt="地图"))
    )

    assert text == f"导入 {'━' * 24}\n\n地图 (https://x.example/a.png)"


def test_what_can_only_be_pressed_is_left_out():
    pressed = card(
        Buttons(items=(Button(name="ask_person", label="问同事"),)),
        Form(name="f", fields=(Field(name="x", label="原因"),), submit_label="提交"),
        Sources(items=()),
    )

    assert shown(pressed) == ""
    assert render_text(pressed) == ""


def test_placeholders_that_look_like_html_are_kept():
    assert "git clone <url>" in shown(card(Markdown(text="git clone <url>")))


def test_markup_of_the_terminal_library_is_only_text():
    text = shown(card(Markdown(text="[red]x[/red]"), title="[bold]t[/bold] :smile:"))

    assert "[red]x[/red]" in text
    assert "[bold]t[/bold] :smile:" in text


def test_a_table_is_drawn():
    text = shown(card(Markdown(text="| 工龄 | 年假 |\n|---|---|\n| 1 年 | 5 天 |")))

    assert "工龄" in text
    assert "5 天" in text
    assert "|---|" not in text


@pytest.mark.parametrize(
    ("hostile", "left"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;ZXZpbA==\x07clip", "clip"),
        ("\x1bP1$r0m\x1b\\dcs", "dcs"),
        ("\x9b31mc1", "c1"),
        ("\x9d0;t\x9cosc", "osc"),
        ("\x1b(0charset", "charset"),
        ("over\rwrite\x08\x7f", "overwrite"),
        ("a\x00b\x07", "ab"),
        ("left\u202eright\u2066x\u2069", "leftrightx"),
        ("\x1b[31", ""),
        ("\x1b", ""),
        ("kept\r\nline\tand tab", "kept\nline\tand tab"),
        ("中文，标点！😀", "中文，标点！😀"),
    ],
)
def test_nothing_a_terminal_would_obey_is_left(hostile: str, left: str):
    assert harmless(hostile) == left


def test_documents_cannot_write_escapes_into_any_block():
    evil = "x\x1b]0;owned\x07\x1b[2Jy"
    source = Source(marker=1, title=evil, uri=evil, place=evil, quote=evil, passage_id=evil)
    given = card(
        Markdown(text=evil),
        Sources(items=(source,)),
        Fields(rows=((evil, evil),)),
        Progress(text=evil),
        Image(url=evil, alt=evil),
        title=evil,
    )

    out = io.StringIO()
    Console(file=out, width=80, color_system=None).print(render(given))
    for text in (out.getvalue(), render_text(given), draft_line(given).plain):
        assert "\x1b" not in text
        assert "owned" not in text


def test_a_growing_card_is_one_line():
    draft = card(Markdown(text="满一年\n休 5 天"), Progress(text="正在写"))

    assert draft_line(draft).plain == "… 满一年 休 5 天"
    assert draft_line(card(Progress(text="正在查找"))).plain == "… 正在查找"
    assert draft_line(card()).plain == "… "
