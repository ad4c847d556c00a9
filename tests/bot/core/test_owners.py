"""Who is asked first."""

from __future__ import annotations

import pytest

from bot.core.model import Gap, Nearby
from bot.core.owners import Domain, Owners
from tests.fakes_core import START

OWNERS = Owners(
    domains=(
        Domain(people=("slack:leave", "slack:second"), topics=("annual leave", "年假")),
        Domain(people=("slack:hr",), folders=("hr/leave",)),
        Domain(people=("slack:finance",), audiences=("finance", "everyone")),
    ),
    admins=("slack:root",),
)


def gap(question: str = "?", *found: Nearby) -> Gap:
    return Gap(id="g", question=question, language="en", opened_at=START, found=found)


def near(document_id: str = "it__vpn", *, owner: str = "", audience: str = "everyone") -> Nearby:
    return Nearby(
        passage_id="p",
        document_id=document_id,
        title="t",
        owner=owner,
        audience=frozenset({audience}),
    )


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        (gap("How many days of ANNUAL leave?"), "slack:leave"),
        (gap("年假有几天？"), "slack:leave"),
        (gap("How do I leave the building?"), "slack:root"),
        (gap("?", near("hr__leave__sick")), "slack:hr"),
        (gap("?", near("hr__leave")), "slack:hr"),
        (gap("?", near("hr__leavers")), "slack:root"),
        (gap("?", near(owner="feishu:ou_1")), "feishu:ou_1"),
        (gap("?", near(owner="People Team")), "slack:root"),
        (gap("?", near(audience="finance")), "slack:finance"),
        (gap("?"), "slack:root"),
    ],
)
def test_the_topic_then_the_folder_then_the_document_then_the_audience_tells(
    asked: Gap, first: str
) -> None:
    assert OWNERS.of(asked)[0] == first


def test_everybody_is_named_once_and_administrators_last() -> None:
    asked = gap("annual leave?", near("hr__leave", owner="slack:leave", audience="finance"))

    assert OWNERS.of(asked) == (
        "slack:leave",
        "slack:second",
        "slack:hr",
        "slack:finance",
        "slack:root",
    )


def test_without_owners_and_administrators_there_is_nobody() -> None:
    assert Owners().of(gap("annual leave?")) == ()
