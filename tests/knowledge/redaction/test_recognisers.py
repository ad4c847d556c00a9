"""Each family finds its kind in the forms people write, and leaves what only looks like it."""

from __future__ import annotations

import time

import pytest

from knowledge.redaction.folding import fold
from knowledge.redaction.kinds import Kind
from knowledge.redaction.numbers import id_check, luhn
from knowledge.redaction.redactor import Redactor
from knowledge.redaction.staff import Names

STAFF = Names(
    ["张三", "李小明", "欧阳娜娜", "阿卜杜拉·买买提", "John Q. Smith", "Zoë O'Brien", "Will May"]
)
REDACTOR = Redactor(tuple(kind for kind in Kind if kind is not Kind.AMOUNT), STAFF)


def found(text: str) -> list[tuple[str, str]]:
    return [(find.kind.value, text[find.start : find.end]) for find in REDACTOR.finds(text)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("打13800138000找我", "phone", "13800138000"),
        ("打 138 0013 8000。", "phone", "138 0013 8000"),
        ("打+86-138-0013-8000", "phone", "+86-138-0013-8000"),
        ("打008613800138000", "phone", "008613800138000"),
        ("打１３８００１３８０００", "phone", "１３８００１３８０００"),
        ("打1 3 8 0 0 1 3 8 0 0 0", "phone", "1 3 8 0 0 1 3 8 0 0 0"),
        ("打138\u200b00138000", "phone", "138\u200b00138000"),
        ("打一三八零零一三八零零零", "phone", "一三八零零一三八零零零"),
        ("总机 0571-88886666转8001", "phone", "0571-88886666转8001"),
        ("座机：88886666", "phone", "88886666"),
        ("热线 400-820-8820", "phone", "400-820-8820"),
        ("call +44 20 7946 0958 now", "phone", "+44 20 7946 0958"),
        ("call 415-555-0132 now", "phone", "415-555-0132"),
        ("身份证11010119900307775x", "id", "11010119900307775x"),
        ("身份证 110101 19900307 7758", "id", "110101 19900307 7758"),
        ("卡号 6222 0212 3456 7890 123", "card", "6222 0212 3456 7890 123"),
        ("card 4111-1111-1111-1111", "card", "4111-1111-1111-1111"),
        ("SSN 123-45-6789", "id", "123-45-6789"),
        ("车 京A12345 停", "plate", "京A12345"),
        ("车 沪AD12345 停", "plate", "沪AD12345"),
        ("车 浙a·12345d 停", "plate", "浙a·12345d"),
        ("发到zhang.san@corp.example谢谢", "email", "zhang.san@corp.example"),
        ("发到 张三@例子.公司", "email", "张三@例子.公司"),
        ("write müller@bücher.example", "email", "müller@bücher.example"),
        ("write zs (at) corp.example", "email", "zs (at) corp.example"),
        ("在 10.0.3.17 上", "ip", "10.0.3.17"),
        ("IP：2001:db8::1。", "ip", "2001:db8::1"),
        ("at fe80::1%eth0 now", "ip", "fe80::1%eth0"),
        ("寄到杭州市文三路 90 号 2 幢 301 室。", "address", "杭州市文三路 90 号 2 幢 301 室"),
        ("我住在中关村大街27号。", "address", "中关村大街27号"),
        ("at 221B Baker Street, London NW1 6XE", "address", "221B Baker Street, London NW1 6XE"),
        ("12 Elm Ave, Apt 4B, Salem, IL 62704", "address", "12 Elm Ave, Apt 4B, Salem, IL 62704"),
        ("到建国路88号A座1201。", "address", "建国路88号A座1201"),
        ("write foo @ bar.example", "email", "foo @ bar.example"),
        ("密码Abc@1234", "secret", "Abc@1234"),
        ("请联系915 Queen's Road处理", "address", "915 Queen's Road"),
        ("请call 88886666转接", "phone", "88886666"),
        ("请问Mr. Brown在吗", "name", "Brown"),
        ("找张三总批准", "name", "张三"),
        ("找張三批准", "name", "張三"),
        ("找张 三批准", "name", "张 三"),
        ("ask Zhang San", "name", "Zhang San"),
        ("ask lixiaoming today", "name", "lixiaoming"),
        ("阿卜杜拉买买提到了", "name", "阿卜杜拉买买提"),
        ("ask Smith, John today", "name", "Smith, John"),
        ("ask J. SMITH today", "name", "J. SMITH"),
        ("Zoë's desk", "name", "Zoë"),
        ("ask will may today", "name", "will may"),
        ("问李老师", "name", "李"),
        ("王小明经理说", "name", "王小明"),
        ("Dear Mr. Brown", "name", "Brown"),
        ("姓名：赵敏", "name", "赵敏"),
        ("key AKIAIOSFODNN7EXAMPLE", "secret", "AKIAIOSFODNN7EXAMPLE"),
        ("密码：Abc12345，勿外传", "secret", "Abc12345"),
        ("初始密码已重置为 Abc12345。", "secret", "Abc12345"),
        ("password is hunter2", "secret", "hunter2"),
        ("DB_PASSWORD='a b c'", "secret", "a b c"),
        ("postgres://app:pw1@db.example/hr", "email", "app:pw1@db.example"),
        ("Bearer abcdef0123456789", "secret", "abcdef0123456789"),
        ("t-g1044ghJRUIJJ5ELPZFCJ4Z2WQ", "secret", "t-g1044ghJRUIJJ5ELPZFCJ4Z2WQ"),
        ("订单 20241234567890 号", "number", "20241234567890"),
    ],
)  # fmt: skip
def test_it_is_found_and_nothing_beside_it(text: str, kind: str, value: str) -> None:
    assert found(text) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "2024年12月31日前提交，报销上限 1,000,000 元。",
        "工作时间 09:00-18:00，2024-01-01 12:30:45 起执行。",
        "有关主管部门、建设工程竣工、项目经理、周总结和总工会。",
        "密码至少 12 位，每 90 天更换一次。",
        "Password: minimum 12 characters, changed every 90 days.",
        "In May you will be granted 5 days; a long walk on the road takes 2 hours.",
        "Version 5.1.9, section 3.2, chapter 12, 3.14159.",
        "上海轨道交通16号线 and the 7th floor",
        "You get basic medicine and a token of thanks.",
        "eight weeks of leave:: see below",
    ],
)
def test_what_names_nobody_is_left(text: str) -> None:
    assert found(text) == []


def test_amounts_are_found_only_where_asked_for() -> None:
    text = "报销 1,200.50 元，最多 $300，工资三万元。"

    finds = Redactor([Kind.AMOUNT]).finds(text)

    assert [text[f.start : f.end] for f in finds] == ["1,200.50 元", "$300", "三万元"]
    assert found(text) == []


def test_a_kind_that_is_not_wanted_is_left() -> None:
    assert Redactor([Kind.EMAIL]).finds("13800138000") == ()


def test_a_private_key_goes_whole_also_where_its_end_is_cut_off() -> None:
    lines = "\n".join(["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 2] * 3)
    text = f"使用 -----BEGIN PRIVATE KEY-----\n{lines}"

    assert found(text) == [("secret", text[3:])]


def test_checksums_are_those_of_the_standards() -> None:
    assert luhn("4111111111111111")
    assert not luhn("4111111111111112")
    assert id_check("11010519491231002") == "X"


def test_folding_keeps_every_place() -> None:
    text = "电\u200b话１３８\u00a000"

    folded = fold(text)

    assert folded.text == "电话138 00"
    assert text[slice(*folded.place(2, 8))] == "１３８\u00a000"


HOSTILE = [
    "1 ",
    "1",
    "1-",
    "(1)",
    "+1",
    "a@",
    "@",
    ".",
    "a.",
    "张",
    "张 ",
    "路1号",
    "北京市海淀区路",
    "-----BEGIN PRIVATE KEY-----",
    "-",
    ":",
    "a:",
    "password:",
    "password for a b c d e ",
    "密码",
    '"',
    "1 Main ",
    "12 Street ",
    "Aa ",
    "Room 1,",
    "sk-",
    "eyJ.",
    "aB3/",
    "http://a:",
    "http://?a&",
    "王老师",
    "电话",
    "call ",
    "京A",
    "AB12 ",
    "John ",
    "\u200b1",
    "[",
    "a at b dot ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_makes_it_slow(piece: str) -> None:
    text = (piece * 3000)[:3000] + "!"

    began_s = time.process_time()
    REDACTOR.finds(text)

    # A regular expression that backtracks takes minutes; the slowest of these a fifth of a second.
    assert time.process_time() - began_s < 5
