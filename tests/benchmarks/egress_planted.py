"""Personal data and secrets nobody has, in the many forms in which people write them.

Made from the published forms of each kind, knowing nothing of the recognisers; the same for the
same seed. Chinese and English; full-width and spoken digits, separators, prefixes, mistyped cases.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import random
import re
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from knowledge.model import Language

FULL_WIDTH = {ord("0") + n: chr(ord("０") + n) for n in range(10)}
WIDE = {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)}
_SPOKEN = str.maketrans("0123456789", "零一二三四五六七八九")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A value nobody may see outside.

    text: as it is written. hidden: what of it must not be seen.
    window: so many letters and digits of that in a row already tell it.
    """

    kind: str
    language: Language
    text: str
    hidden: tuple[str, ...]
    window: int


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everybody in the directory."""

    zh: tuple[str, ...]
    en: tuple[str, ...]

    @property
    def directory(self) -> str:
        """As a file of names."""
        return "# staff\n" + "\n".join((*self.zh, *self.en)) + "\n"


def people(rng: random.Random) -> People:
    """Two hundred of each language."""
    surnames = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎安时任方常金单解仇易牛"
    double = "欧阳 上官 司马 诸葛 皇甫 慕容 令狐 尉迟".split()
    given = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红梅鹏飞宇轩子涵梓萱浩然欣怡雨婷晓峰文博志远思琪佳慧建国淑珍海燕云龙"
    zh = {
        (rng.choice(double) if rng.random() < 0.08 else rng.choice(surnames))
        + "".join(rng.choice(given) for _ in range(rng.choice((1, 2, 2))))
        for _ in range(220)
    }
    zh |= {"阿卜杜拉·买买提", "迪丽热巴·迪力木拉提", "爱新觉罗·启明"}
    first = (
        "James Mary Robert Patricia Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica"
        " Thomas Sarah Karen Christopher Lisa Daniel Nancy Matthew Betty Anthony Sandra Margaret Ashley Kimberly Emily"
        " Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Laura José María Søren Zoë François Łukasz Jürgen"
        " Siobhán Aoife Priya Arjun Yuki Haruto Ingrid Olga Dmitri Fatima Omar Mei Will Grace Mark Rose".split()
    )
    last = (
        "Smith Johnson Williams Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson"
        " Thomas Taylor Moore Jackson Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young"
        " O'Brien O'Connor D'Angelo MacDonald Müller Schröder Núñez Fernández-Ruiz Kowalczyk Nguyen Patel Tanaka"
        " Brown Green Baker King Hall Wood van_Dijk de_la_Cruz Al-Farsi St._Clair"
    ).split()
    en = {
        f"{rng.choice(first)} {rng.choice(('', '', 'J. ', 'Ann '))}{rng.choice(last).replace('_', ' ')}"
        for _ in range(220)
    }
    return People(zh=tuple(sorted(zh)), en=tuple(sorted(en)))


def plant(kind: str, language: Language, rng: random.Random, staff: People) -> Planted:
    """One value of a kind."""
    made = _MADE[kind](language, rng, staff)
    hidden = tuple(re.findall("⟪(.*?)⟫", made, re.DOTALL)) or (made,)
    if kind == "email":
        local = re.split(r"@|＠| ?[\[(]at| at ", made)[0]
        hidden += (local,) if len(local) > 5 else ()
    return Planted(
        kind=kind,
        language=language,
        text=made.replace("⟪", "").replace("⟫", ""),
        hidden=hidden,
        window=_WINDOWS.get(kind, 9 if language == "en" else 6) if kind in _IN_PART else 0,
    )


_WINDOWS = {"id": 7, "phone": 7, "card": 7, "secret": 8, "plate": 5, "ip": 7}
_IN_PART = frozenset({*_WINDOWS, "address"})


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def _letters(rng: random.Random, count: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(rng.choice(alphabet) for _ in range(count))


def _cut(text: str, rng: random.Random) -> str:
    """Digits with something between them, as people and programs put it."""
    way = rng.randrange(8)
    if way == 0:
        return rng.choice((" ", "-", ".", "\u00a0", "–", "\u200b")).join(text)
    if way in (1, 2):
        sizes, gap = rng.choice(((3, 4, 4), (4, 4, 4, 4, 4), (6, 4, 4, 4), (3, 3, 5))), rng.choice(" -– \u3000")
        pieces, at = [], 0
        for size in sizes:
            pieces.append(text[at : at + size])
            at += size
        return gap.join(piece for piece in (*pieces, text[at:]) if piece)
    return text


def _dress(text: str, rng: random.Random) -> str:
    """Full-width now and then, or with what cannot be seen in it."""
    way = rng.randrange(10)
    if way in (0, 1):
        return text.translate(FULL_WIDTH)
    if way == 2:
        return text.translate(WIDE).replace("　", " ")
    if way == 3:
        at = rng.randrange(1, len(text))
        return text[:at] + rng.choice("\u200b\u200d\ufeff\u2060\u00ad") + text[at:]
    return text


def _mobile(rng: random.Random) -> str:
    return "1" + rng.choice("3456789") + _digits(rng, 9)


def _phone(language: Language, rng: random.Random, _: People) -> str:
    if language == "en" and rng.random() < 0.6:
        return _phone_abroad(rng)
    way = rng.randrange(10)
    if way == 0:
        area, number = rng.choice(("010", "021", "0571", "0755", "028")), rng.choice("2345678") + _digits(rng, 7)
        form = rng.choice(("{a}-{n}", "({a}){n}", "（{a}）{n}", "{a} {n4} {m4}", "{a}{n}", "+86 {b} {n}", "{a}-{n}转{x}"))
        return form.format(
            a=area, b=area[1:], n=number, n4=number[:4], m4=number[4:], x=_digits(rng, 4)
        )
    if way == 1:
        return _mobile(rng).translate(_SPOKEN)
    prefix = rng.choice(("", "", "", "+86", "+86 ", "+86-", "0086", "0086 ", "(+86) ", "86-", "＋８６ "))
    return prefix + _dress(_cut(_mobile(rng), rng), rng)


def _phone_abroad(rng: random.Random) -> str:
    area, office, line = rng.choice("2345678") + _digits(rng, 2), rng.choice("23456789") + _digits(rng, 2), _digits(rng, 4)
    form = rng.choice(
        (
            "({a}) {o}-{l}", "{a}-{o}-{l}", "{a}.{o}.{l}", "+1 {a} {o} {l}", "+1 ({a}) {o}-{l}", "1-{a}-{o}-{l}",
            "+44 20 7{o} {l}", "020 7{o} {l}", "+44 (0)20 7{o} {l}", "+49 30 {o}{l}", "0049 30 {o}{l}", "+65 6{o} {l}",
            "+852 9{o} {l}", "+33 6 12 {o:.2} {l:.2} 58", "001 {a} {o} {l}", "+1{a}{o}{l}", "+81-3-{l}-{a}1",
        )
    )
    return form.format(a=area, o=office, l=line)


def _id(_language: Language, rng: random.Random, _: People) -> str:
    region = rng.choice(("110101", "310115", "330106", "440305", "510107", "650102"))
    born = f"{rng.randrange(1955, 2008)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"
    first = region + born + _digits(rng, 3)
    weights = [pow(2, 17 - at, 11) for at in range(17)]
    left = sum(int(d) * w for d, w in zip(first, weights, strict=True)) % 11
    whole = first + "10X98765432"[left]
    if whole.endswith("X") and rng.random() < 0.6:
        whole = whole[:-1] + rng.choice("xｘ")
    way = rng.randrange(6)
    if way == 0:
        return " ".join((whole[:6], whole[6:14], whole[14:]))
    if way == 1:
        return "-".join((whole[:6], whole[6:10], whole[10:14], whole[14:]))
    if way == 2:
        return " ".join(whole)
    if way == 3:
        return "".join((region, born[2:], _digits(rng, 3)))
    return _dress(whole, rng)


def _card(_language: Language, rng: random.Random, _: People) -> str:
    start, length = rng.choice((("622202", 19), ("621700", 19), ("6228", 19), ("6225", 16), ("4", 16), ("51", 16), ("37", 15)))
    body = start + _digits(rng, length - len(start) - 1)
    doubled = [int(d) * (2 if at % 2 == 0 else 1) for at, d in enumerate(reversed(body))]
    whole = body + str(-sum(n // 10 + n % 10 for n in doubled) % 10)
    fours = [whole[at : at + 4] for at in range(0, len(whole), 4)]
    return rng.choice(
        (whole, " ".join(fours), "-".join(fours), " ".join(fours), _dress(whole, rng), "\u00a0".join(fours), "\u2009".join(fours), ".".join(fours))
    )


def _email(language: Language, rng: random.Random, staff: People) -> str:
    user = rng.choice(("zhang.san", "li_si88", "wang+hr", "m.mueller", "x9", "first.last-2", "ops%eu", "a.b.c.d"))
    user = rng.choice((user, user + _digits(rng, 2), _letters(rng, 7, string.ascii_lowercase)))
    host = rng.choice(("corp.example", "mail.example.com", "xn--fsqu00a.xn--55qx5d", "qq.com", "a-b.example.co.uk", "163.com"))
    way = rng.randrange(10)
    if way == 0:
        name = rng.choice(("张三", "用户名", "李雷")) if language == "zh" else rng.choice(("müller", "josé.núñez", "дмитрий", "søren"))
        return f"{name}@{rng.choice(('例子.公司', '邮件.中国')) if language == 'zh' else rng.choice(('bücher.example', 'пример.рф'))}"
    if way == 1:
        return f"{user}@{host}".translate(WIDE)
    if way == 2:
        return f"{user}{rng.choice((' (at) ', '[at]', '(at)', ' [at] '))}{host}"
    if way == 3:
        return f"{user.replace('%', '')} at {host.replace('.', ' dot ')}"
    if way == 4:
        return f"{user.upper()}@{host.upper()}"
    if way == 5:
        return f'"{user} x"@{host}'
    return f"{user}@{host}"


def _ip(_language: Language, rng: random.Random, _: People) -> str:
    if rng.random() < 0.5:
        plain = ".".join(str(rng.randrange(1, 255)) for _ in range(4))
        return rng.choice((plain, plain, plain.translate(FULL_WIDTH), plain + "/24", plain.replace(".", "．"), plain + ":8080", plain.replace(".", "。")))
    number = ipaddress.IPv6Address(rng.getrandbits(128))
    short = f"2001:db8:{rng.randrange(1, 65535):x}::{rng.randrange(1, 65535):x}"
    local = f"fe80::{rng.randrange(1, 65535):x}:{rng.randrange(1, 65535):x}"
    return rng.choice((str(number), number.exploded.upper(), short, f"[{short}]:443", local + "%eth0", f"::ffff:10.{rng.randrange(256)}.{rng.randrange(256)}.7", short + "/64"))


_PROVINCES = "京沪粤浙苏川鲁湘鄂闽新藏琼宁渝陕"


def _plate(_language: Language, rng: random.Random, _: People) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    head, town = rng.choice(_PROVINCES), rng.choice("ABCDEFGH")
    way = rng.randrange(4)
    if way == 0:
        tail = rng.choice("DF") + rng.choice(letters) + _digits(rng, 4)
    elif way == 1:
        tail = _digits(rng, 5) + rng.choice("DF")
    elif way == 2:
        tail = _letters(rng, 3, letters + string.digits) + _digits(rng, 1) + rng.choice("挂学警港澳" + letters)
    else:
        tail = _letters(rng, 4, letters + string.digits) + _digits(rng, 1)
    gap = rng.choice(("", "", "·", " ", "-", "•", "."))
    plate = head + town + gap + tail
    return rng.choice((plate, plate, plate.lower(), plate.translate(WIDE), f"{head} {town} {tail}"))


def _address(language: Language, rng: random.Random, _: People) -> str:
    return _address_zh(rng) if language == "zh" else _address_en(rng)


def _address_zh(rng: random.Random) -> str:
    city = rng.choice(("北京市海淀区", "上海市浦东新区", "浙江省杭州市西湖区", "广东省深圳市南山区", "四川省成都市武侯区", "江苏省苏州市工业园区", "杭州市余杭区仓前街道", "内蒙古自治区呼和浩特市赛罕区", "湖北武汉洪山区", "北京朝阳区"))
    road = rng.choice(("中关村大街", "文三路", "世纪大道", "科技园南路", "天府三街", "星湖街", "长安东路", "和平里西街", "五道口胡同", "解放路", "建设二路", "花园北巷"))
    number = rng.choice((f"{rng.randrange(1, 900)}号", f"{rng.randrange(1, 90)} 号", f"{rng.randrange(1, 90)}-{rng.randrange(1, 9)}号", f"{rng.randrange(100, 900)}弄{rng.randrange(1, 90)}号", "一百二十八号"))
    estate = rng.choice(("", "", "阳光花园", "翠苑小区", "金茂大厦", "绿城·桂花园"))
    inside = rng.choice(("", f"{rng.randrange(1, 20)}幢{rng.randrange(1, 4)}单元{rng.randrange(101, 2900)}室", f"{rng.choice('ABC')}座{rng.randrange(101, 2900)}室", f"{rng.randrange(1, 20)}号楼{rng.randrange(101, 900)}", f"{rng.randrange(1, 30)}层", f"{rng.randrange(1, 20)}栋{rng.randrange(101, 900)}房"))
    way = rng.randrange(6)
    if way == 0:
        return road + number + estate + inside
    if way == 1:
        return f"{city} {road} {number}，{estate}{inside}" if inside else f"{city} {road} {number}"
    if way == 2:
        return (city + road + number + estate + inside).translate(FULL_WIDTH)
    if way == 3:
        return f"{city}{rng.choice(('翠苑小区', '阳光花园', '海棠公寓', '望京新城'))}{rng.randrange(1, 30)}号楼{rng.randrange(1, 4)}单元{rng.randrange(101, 900)}室"
    return city + road + number + estate + inside


def _address_en(rng: random.Random) -> str:
    street = rng.choice(("Baker Street", "Amphitheatre Parkway", "N. Main St.", "Elm Ave", "West 42nd Street", "Martin Luther King Blvd", "Queen's Road", "Sunset Boulevard", "Orchard Road", "Oak Tree Ln", "Infinite Loop", "Yunfan Road", "Broadway"))
    inside = rng.choice(("", "", f", Apt {rng.randrange(1, 90)}B", f", Suite {rng.randrange(100, 900)}", f" #{rng.randrange(1, 90)}", f", {rng.randrange(2, 30)}th Floor", f", Unit {rng.randrange(1, 90)}"))
    city = rng.choice(("", ", Springfield, IL 62704", ", London NW1 6XE", ", San Francisco, CA 94103-1234", ", Hangzhou, Zhejiang 310012, China", ", New York, NY 10036", ", Singapore 238857"))
    number = f"{rng.randrange(1, 4000)}{rng.choice(('', '', '', 'B'))}"
    way = rng.randrange(8)
    if way == 0:
        return rng.choice((f"Friedrichstraße {rng.randrange(1, 300)}, 10117 Berlin", f"Torstr. {rng.randrange(1, 300)}", f"P.O. Box {rng.randrange(100, 99999)}"))
    if way == 1:
        return f"Room {rng.randrange(100, 2900)}, Building {rng.randrange(1, 20)}, No. {rng.randrange(1, 900)} Zhongguancun Street, Haidian District, Beijing 100080"
    if way == 2:
        return f"Flat {rng.randrange(1, 90)}, {number} {street}{city}"
    return f"{number} {street}{inside}{city}"


def _name(language: Language, rng: random.Random, staff: People) -> str:
    return _name_zh(rng, staff) if language == "zh" else _name_en(rng, staff)


def _name_zh(rng: random.Random, staff: People) -> str:
    name = rng.choice(staff.zh)
    way = rng.randrange(8)
    if way == 0:
        return " ".join(name.replace("·", ""))
    if way == 1 and "·" not in name:
        from opencc import OpenCC

        return str(OpenCC("s2t").convert(name))
    if way == 2:
        return name[:1] + "\u200b" + name[1:]
    if way == 3:
        return f"⟪{name}⟫" + rng.choice(("总", "老师", "经理", "哥", "主任"))
    return _titled(rng) if way == 4 else name


def _titled(rng: random.Random) -> str:
    """Somebody who is in no directory, by surname, or by name, and title: 李老师, 王小明经理."""
    surname = rng.choice("王李张刘陈杨赵黄周吴徐孙胡朱林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈彭吕苏卢蒋蔡贾丁魏薛叶")
    name = surname + "".join(rng.choice("伟芳娜敏静丽强磊军洋") for _ in range(rng.choice((0, 0, 1, 2))))
    title = rng.choice("总 老师 经理 先生 女士 主任 工程师 总监 师傅 博士 律师 医生 部长 工 董 哥 姐".split())
    return name + title


def _name_en(rng: random.Random, staff: People) -> str:
    name = rng.choice(staff.en)
    first, *_, last = name.split()
    return rng.choice((name, name, name.upper(), name.lower(), f"{last}, {first}", f"{first[0]}. {last}", f"{first} {last}", f"{first.lower()}.{last.lower()}", f"{name}'s"[:-2]))


def _secret(_language: Language, rng: random.Random, _: People) -> str:
    return rng.choice(_SECRETS)(rng)


def _pem(rng: random.Random) -> str:
    body = base64.b64encode(rng.randbytes(96)).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    kind = rng.choice(("RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY"))
    whole = f"-----BEGIN {kind}-----\n⟪{lines}⟫\n-----END {kind}-----"
    return rng.choice((whole, whole.replace("\n", "\\n"), whole.rpartition("\n")[0]))


def _jwt(rng: random.Random) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": _digits(rng, 10), "iat": 1516239022})
    head = ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)
    return f"{head}.{base64.urlsafe_b64encode(rng.randbytes(32)).decode().rstrip('=')}"


def password(rng: random.Random) -> str:
    """What people choose, and what programs do."""
    return rng.choice((_letters(rng, 5, string.ascii_lowercase) + _digits(rng, 4) + "!", "P@ss" + _letters(rng, 6), _letters(rng, 14), "Qwerty#" + _digits(rng, 4)))


_HEX = "0123456789abcdef"
_UPPER = string.ascii_uppercase + string.digits
_SECRETS: tuple[Callable[[random.Random], str], ...] = (
    lambda r: "AKIA" + _letters(r, 16, _UPPER),
    lambda r: f"aws_secret_access_key = ⟪{base64.b64encode(r.randbytes(30)).decode()}⟫",
    lambda r: base64.b64encode(r.randbytes(48)).decode(),
    lambda r: "LTAI5t" + _letters(r, 18),
    lambda r: "ghp_" + _letters(r, 36),
    lambda r: "github_pat_" + _letters(r, 22) + "_" + _letters(r, 59),
    lambda r: "glpat-" + _letters(r, 20),
    lambda r: f"xoxb-{_digits(r, 12)}-{_digits(r, 13)}-{_letters(r, 24)}",
    lambda r: f"xapp-1-A{_letters(r, 10, _UPPER)}-{_digits(r, 13)}-{_letters(r, 64, _HEX)}",
    lambda r: f"https://hooks.slack.com/services/⟪T{_letters(r, 10, _UPPER)}/B{_letters(r, 10, _UPPER)}/{_letters(r, 24)}⟫",
    lambda r: "t-g1" + _letters(r, 38),
    lambda r: "u-" + _letters(r, 40) + "1",
    lambda r: f"https://open.feishu.cn/open-apis/bot/v2/hook/⟪{uuid.UUID(int=r.getrandbits(128))}⟫",
    lambda r: "SEC" + _letters(r, 64, _HEX),
    lambda r: f"https://oapi.dingtalk.com/robot/send?access_token=⟪{_letters(r, 64, _HEX)}⟫",
    lambda r: f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=⟪{uuid.UUID(int=r.getrandbits(128))}⟫",
    lambda r: "sk-" + _letters(r, 48),
    lambda r: "sk-proj-" + _letters(r, 60) + "_" + _letters(r, 30),
    lambda r: "sk-ant-api03-" + _letters(r, 80) + "-AA",
    lambda r: "AIza" + _letters(r, 35),
    lambda r: "sk_live_" + _letters(r, 24),
    lambda r: "npm_" + _letters(r, 36),
    lambda r: "hf_" + _letters(r, 34),
    lambda r: f"SG.{_letters(r, 22)}.{_letters(r, 43)}",
    lambda r: f"{_digits(r, 10)}:AA{_letters(r, 33)}",
    lambda r: f"Bearer ⟪{_letters(r, 40)}⟫",
    lambda r: f"Basic ⟪{base64.b64encode(f'admin:{password(r)}'.encode()).decode()}⟫",
    lambda r: f"password=⟪{password(r)}⟫",
    lambda r: f"密码：⟪{password(r)}⟫",
    lambda r: f"初始密码为⟪{password(r)}⟫",
    lambda r: f'"password": "⟪{password(r)}⟫"',
    lambda r: f"PASSWORD: ⟪{password(r)}⟫",
    lambda r: f"DB_PASSWORD='⟪{password(r)}⟫'",
    lambda r: f"api_key = ⟪{_letters(r, 24)}⟫",
    lambda r: f"App Secret：⟪{_letters(r, 32)}⟫",
    lambda r: f"密钥是 ⟪{_letters(r, 20)}⟫",
    lambda r: f"postgresql://app:⟪{password(r)}⟫@db.internal.example:5432/hr",
    lambda r: f"redis://:⟪{password(r)}⟫@cache.example:6379/0",
    lambda r: f"mysql+pymysql://root:⟪{password(r)}⟫@mysql.example/x?charset=utf8",
    lambda r: f"jdbc:mysql://mysql.example:3306/x?user=root&password=⟪{password(r)}⟫",
    lambda r: f"Server=sql.example;Database=hr;User Id=sa;Password=⟪{password(r)}⟫;",
    lambda r: f"AccountKey=⟪{base64.b64encode(r.randbytes(64)).decode()}⟫;EndpointSuffix=core.example",
    lambda r: f"mongodb+srv://admin:⟪{password(r)}⟫@cluster0.example.net/test",
    lambda r: f"https://user:⟪{password(r)}⟫@git.example/repo.git",
    _pem,
    _jwt,
)

_MADE: Mapping[str, Callable[[Language, random.Random, People], str]] = {
    "name": _name,
    "id": _id,
    "phone": _phone,
    "card": _card,
    "email": _email,
    "address": _address,
    "plate": _plate,
    "ip": _ip,
    "secret": _secret,
}
KINDS = tuple(_MADE)
