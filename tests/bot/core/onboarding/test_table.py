"""People in as CSV, and what cannot be taken is named with its line."""

from __future__ import annotations

from datetime import date

import pytest

from bot.core.model import User
from bot.core.onboarding.model import Facts
from bot.core.onboarding.table import Refused, read_people


def test_people_are_read_with_all_that_is_known_of_them() -> None:
    rows, refused = read_people(
        "\ufeffperson,name,journey,start_date,department,office,timezone,language,manager,buddy\n"
        "slack:U1,New Bie,start,2026-12-01,R&D,Berlin,Europe/Berlin,en,slack:U2 Ada L,slack:U3\n"
    )

    assert refused == ()
    (row,) = rows
    assert (row.line, row.journey) == (2, "start")
    assert row.user == User(platform="slack", id="U1", name="New Bie")
    assert row.facts == Facts(
        department="R&D",
        location="Berlin",
        time_zone="Europe/Berlin",
        language="en",
        first_day=date(2026, 12, 1),
        manager=User(platform="slack", id="U2", name="Ada L"),
        buddy=User(platform="slack", id="U3"),
    )


def test_chinese_headings_and_semicolons_are_understood() -> None:
    rows, refused = read_people("人员;姓名;入职日期;语言\nfeishu:ou_1;小王;2026/12/01;中文\n\n")

    assert refused == ()
    assert rows[0].facts.language == "zh"
    assert rows[0].facts.first_day == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("U1,,", "`U1` is no person as in slack:U1"),
        (":x,,", "`:x` is no person"),
        ("slack:U1,1st of May,", "`1st of May` is no date"),
        ("slack:U1,,Mars/Base", "there is no time zone `Mars/Base`"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_and_the_others_are_taken(line, reason) -> None:
    text = f"person,start_date,time_zone\n{line}\nslack:U2,,\n"

    rows, refused = read_people(text)

    assert [row.user.id for row in rows] == ["U2"]
    assert refused[0].line == 2
    assert refused[0].reason.startswith(reason)


def test_a_file_without_people_says_which_column_is_missing() -> None:
    rows, refused = read_people("who,when\na,b\n")

    assert rows == ()
    assert isinstance(refused[0], Refused)
    assert "no column `person`" in refused[0].reason


def test_an_empty_file_is_no_crash() -> None:
    assert read_people("")[0] == ()
