"""Statements: what a passage says, piece by piece."""

from __future__ import annotations

from knowledge.statements import plain, statements


def test_a_list_item_carries_the_line_that_introduces_it() -> None:
    found = statements("报销需要提交：\n\n- **发票原件**\n- [行程单](http://x/y)")

    assert [s.text for s in found[1:]] == ["报销需要提交：发票原件", "报销需要提交：行程单"]
    assert found[1].quote == "- **发票原件**"


def test_a_list_after_a_finished_sentence_stands_alone() -> None:
    found = statements("This is done.\n\n1. Open the portal\n2. Sign in")

    assert [s.text for s in found] == ["This is done.", "Open the portal", "Sign in"]


def test_an_english_lead_in_is_joined_with_a_space() -> None:
    found = statements("You need:\n- a badge")

    assert found[-1].text == "You need: a badge"


def test_a_table_row_carries_its_column_names_and_is_quoted_as_it_stands() -> None:
    table = "| City | Limit |\n| --- | --- |\n| Beijing | CNY 600 |\n| Other | |"

    found = statements(table)

    assert [s.text for s in found] == ["City: Beijing; Limit: CNY 600", "City: Other"]
    assert found[0].quote == "| Beijing | CNY 600 |"


def test_a_fenced_block_is_one_statement() -> None:
    found = statements("Run this:\n```bash\nvpn up\nvpn status\n```\nThen log in.")

    assert [s.text for s in found] == ["Run this:", "vpn up\nvpn status", "Then log in."]


def test_an_unclosed_fence_ends_with_the_passage() -> None:
    assert [s.text for s in statements("```\nvpn up\nvpn status")] == ["vpn up\nvpn status"]


def test_headings_and_rules_say_nothing() -> None:
    assert statements("## Leave\n\n| --- | --- |\n") == ()


def test_wrapped_chinese_lines_join_without_a_space_and_english_ones_with_one() -> None:
    (chinese,) = statements("员工每年享有\n十天年假。")
    (english,) = statements("Staff have\nten days.")

    assert chinese.text == "员工每年享有十天年假。"
    assert english.text == "Staff have ten days."


def test_every_quote_is_found_in_its_passage() -> None:
    text = "A **bold** claim. 中文句子。\n\n- item one\n\n| a | b |\n|---|---|\n| 1 | 2 |"

    assert all(s.quote in text for s in statements(text))


def test_markdown_marks_go_and_snake_case_stays() -> None:
    assert (
        plain("**Use** `vpn_up` and [the portal](http://x) now_") == "Use vpn_up and the portal now"
    )


def test_a_bare_number_has_the_unit_of_its_column() -> None:
    table = "| 办公室 | 可结转天数 | 餐补（元） |\n|---|---|---|\n| 国内 | 5 | 100 |"

    (row,) = statements(table)

    assert row.counted == {("5", "day"), ("100", "yuan")}


def test_a_bare_number_has_the_unit_of_the_paragraph_above_its_table() -> None:
    text = "The table gives days per year.\n\n| Service | China |\n|---|---|\n| from the 2nd | 12 |"

    row = statements(text)[-1]

    assert row.about == "The table gives days per year."
    assert row.counted == {("12", "day")}


def test_a_number_with_a_unit_keeps_it() -> None:
    table = "| Trip | Days |\n|---|---|\n| long | 3 weeks |"

    assert statements(table)[0].counted == frozenset()


def test_a_paragraph_under_another_heading_says_nothing_of_a_table() -> None:
    text = "Days of leave.\n\n## Rooms\n\n| Room | Seats |\n|---|---|\n| Mars | 12 |"

    assert statements(text)[-1].counted == frozenset()
