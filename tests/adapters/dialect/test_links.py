from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it.token import Token

from adapters.commonmark import commonmark
from adapters.dialect import safe_links


def addresses(text: str) -> list[str]:
    """Where a reader of CommonMark could be sent, and what would be fetched."""
    parser = commonmark()
    parser.validateLink = lambda _: True  # type: ignore[method-assign] # the library's documented hook
    return [
        str(token.attrs.get("href", token.attrs.get("src")))
        for token in _flat(parser.parse(text))
        if token.type in ("link_open", "image")
    ]


def _flat(tokens: list[Token]) -> list[Token]:
    return [inner for token in tokens for inner in (token, *_flat(token.children or []))]


@pytest.mark.parametrize(
    "text",
    [
        "[the form](https://example.com/a_(b)?c=d)",
        '[the form](<https://example.com/a b> "Title")',
        "[mail](MAILTO:hr@example.com) or <hr@example.com> or <https://example.com>",
        "a < b, c > d, [1] and [2], f(x)[0]",
        "[see]: https://example.com\n\n[see]",
        "```js\n[x](javascript:1)\n```",
        "`items[0](x)`",
        "Plain: [unfinished](https://example.com",
        "",
    ],
)
def test_what_is_safe_stays_as_it_is(text: str) -> None:
    assert safe_links(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[x](javascript:alert(1))", "x"),
        ("[x](java&#115;cript:alert(1))", "x"),
        ("[x]( \n<javascript:1>)", "x"),
        ("[**x** [y] z](data:text/html,1)", "**x** [y] z"),
        ("[leave](../leave.md#carry-over)", "leave"),
        ("days[1](leave.md)", "days[1]"),
        ("[注](见附录)", "[注] (见附录)"),
        ("[x](javascript:1 and more)", "[x] (javascript:1 and more)"),
        ("\\[x](javascript:1)", "\\[x] (javascript:1)"),
        ("[x\\](javascript:1)", "[x\\] (javascript:1)"),
        ("`[x](javascript:1)`", "`[x] (javascript:1)`"),
        ("<javascript:alert(1)>", "javascript:alert(1)"),
        ("`<javascript:1>` `<ns:tag>`", "`< javascript:1>` `<ns:tag>`"),
        ("- [x]: javascript:1\n\n[x]", "- [x] : javascript:1\n\n[x]"),
        ("[open\n\n](javascript:1)", "[open\n\n] (javascript:1)"),
    ],
)
def test_other_links_are_words(text: str, shown: str) -> None:
    assert safe_links(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![map](https://example.com/map.png)", "[map](https://example.com/map.png)"),
        ("![](https://example.com/map.png)", "[🖼](https://example.com/map.png)"),
        ("![map](data:image/png;base64,AA)", "map"),
        ("[![map](https://a.example)](https://b.example)", "[map](https://b.example)"),
        ("[![map](data:x)](javascript:x)", "map"),
        ("Done![1]", "Done![1]"),
    ],
)
def test_pictures_are_links_to_them(text: str, shown: str) -> None:
    assert safe_links(text) == shown


SCRAPS = st.sampled_from(
    r"[ ] ( ) ![ ]( ]: < > javascript: https://e.com x ` `` \ data: &#58; | 1".split()
) | st.sampled_from([" ", "\r", "\r\n", "\n", "\n\n", "- ", "> ", "    ", "```\n", '"'])


@given(st.lists(SCRAPS, max_size=40).map("".join))
def test_no_text_whatever_sends_a_reader_elsewhere(text: str) -> None:
    safe = safe_links(text)

    assert all(
        found.lower().startswith(("https:", "http:", "mailto:")) for found in addresses(safe)
    )


@pytest.mark.parametrize(
    "text",
    [
        *(sign * 20_000 for sign in r"""[ ]( [a]: <a [a](b [a](b" \ ]""".split()),
        "[](" + " " * 90_000,
    ],
    ids=lambda text: text[:5],
)
def test_hostile_text_takes_no_longer(text: str) -> None:
    start = time.process_time()

    safe_links(text)

    assert time.process_time() - start < 3.0
