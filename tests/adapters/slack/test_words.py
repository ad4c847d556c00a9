from __future__ import annotations

import pytest

from adapters.slack.words import escape, hear, safe_markdown

US = {"W99BOT"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ask <@W99BOT> about leave", "ask about leave"),
        ("<@W99BOT>, how many days?", "how many days?"),
        ("<@W99BOT|deskmate>：年假几天？", "年假几天？"),
        ("<@W99BOT>", ""),
        ("<@W99BOT> <@W99BOT> hi", "hi"),
        ("请问<@W99BOT>年假", "请问 年假"),
        ("see <#C1|general> and <#C2>", "see #general and #C2"),
        ("<https://x.test/a?b=1&amp;c=2|the page>", "the page (https://x.test/a?b=1&c=2)"),
        ("<https://x.test|x.test>", "x.test"),
        ("<mailto:a@x.test|a@x.test>", "a@x.test"),
        ("<!date^1392734382^{date}|18 Feb>", "18 Feb"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;", "&lt;"),
        ("a &lt;@U1&gt; b", "a <@U1> b"),
        ("👩🏽‍💻 :party_parrot: 🇨🇳", "👩🏽‍💻 :party_parrot: 🇨🇳"),
        ("half \ud83d and \x00", "half \ufffd and \ufffd"),
    ],
)
def test_slacks_signs_become_plain_text(written: str, read: str) -> None:
    assert hear(written, US).text == read


@pytest.mark.parametrize(
    ("written", "mentioned", "names_others"),
    [
        ("<@W99BOT> hi", True, False),
        ("<@U2|bob> hi", False, True),
        ("<@U2> and <@W99BOT> hi", True, False),
        ("<!channel> hi", False, True),
        ("<!here> hi", False, True),
        ("<!subteam^S1|@hr> hi", False, True),
        ("hi", False, False),
    ],
)
def test_who_is_meant_is_known(written: str, mentioned: bool, names_others: bool) -> None:
    heard = hear(written, US)

    assert (heard.mentioned, heard.names_others) == (mentioned, names_others)


def test_others_stand_in_the_text_by_name() -> None:
    heard = hear("<@U2|bob>, <@U3>, <!here>, <!subteam^S1|@hr> and <!subteam^S2>", US)

    assert heard.text == "@bob, @U3, @here, @hr and @subteam"


def test_plain_fields_show_what_they_were_given() -> None:
    assert escape("<!channel> & <@U1> &lt;") == "&lt;!channel&gt; &amp; &lt;@U1&gt; &amp;lt;"


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("a < b & c > d", "a &lt; b & c > d"),
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("hey <!channel>", "hey &lt;!channel>"),
        ("`<@U1>` and <@U1>", "`<\u200b@U1>` and &lt;@U1>"),
        ("```\n<!here> a<b\n```", "```\n<\u200b!here> a<b\n```"),
        ("see <https://x.test/a>", "see https://x.test/a"),
        ("> quoted", "> quoted"),
        ("[x](https://x.test)", "[x](https://x.test)"),
        ("``` `a` <b>", "``` `a` &lt;b>"),
    ],
)
def test_an_answer_pings_nobody_and_shows_its_signs(answer: str, shown: str) -> None:
    assert safe_markdown(answer) == shown


def test_a_link_to_a_script_is_no_link() -> None:
    assert "](javascript:" not in safe_markdown("[x](javascript:alert(1))")


def test_a_fence_inside_a_longer_fence_does_not_end_it() -> None:
    code = "````\n```\n<!here>\n````\nafter <b>"

    assert safe_markdown(code) == "````\n```\n<\u200b!here>\n````\nafter &lt;b>"
