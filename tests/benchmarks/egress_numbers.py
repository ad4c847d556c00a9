"""Numbers and addresses of machines nobody has, in the forms in which people write them."""

from __future__ import annotations

import ipaddress
import random
import string

from knowledge.model import Language

FULL_WIDTH = {ord("0") + n: chr(ord("０") + n) for n in range(10)}
WIDE = {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)}
_SPOKEN = str.maketrans("0123456789", "零一二三四五六七八九")


def digits(rng: random.Random, count: int) -> str:
    """So many digits."""
    return "".join(rng.choice(string.digits) for _ in range(count))


def letters(
    rng: random.Random, count: int, alphabet: str = string.ascii_letters + string.digits
) -> str:
    """So many characters of an alphabet."""
    return "".join(rng.choice(alphabet) for _ in range(count))


def _cut(text: str, rng: random.Random) -> str:
    """Digits with something between them, as people and programs put it."""
    way = rng.randrange(8)
    if way == 0:
        return rng.choice((" ", "-", ".", "\u00a0", "–", "\u200b")).join(text)
    if way in (1, 2):
        sizes, gap = (
            rng.choice(((3, 4, 4), (4, 4, 4, 4, 4), (6, 4, 4, 4), (3, 3, 5))),
            rng.choice(" -– \u3000"),
        )
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
    return "1" + rng.choice("3456789") + digits(rng, 9)


def phone(language: Language, rng: random.Random) -> str:
    """A telephone number; of the mainland, or of elsewhere."""
    if language == "en" and rng.random() < 0.6:
        return _phone_abroad(rng)
    way = rng.randrange(10)
    if way == 0:
        area, number = (
            rng.choice(("010", "021", "0571", "0755", "028")),
            rng.choice("2345678") + digits(rng, 7),
        )
        form = rng.choice(
            (
                "{a}-{n}",
                "({a}){n}",
                "（{a}）{n}",
                "{a} {n4} {m4}",
                "{a}{n}",
                "+86 {b} {n}",
                "{a}-{n}转{x}",
            )
        )
        return form.format(
            a=area, b=area[1:], n=number, n4=number[:4], m4=number[4:], x=digits(rng, 4)
        )
    if way == 1:
        return _mobile(rng).translate(_SPOKEN)
    prefix = rng.choice(
        ("", "", "", "+86", "+86 ", "+86-", "0086", "0086 ", "(+86) ", "86-", "＋８６ ")
    )
    return prefix + _dress(_cut(_mobile(rng), rng), rng)


def _phone_abroad(rng: random.Random) -> str:
    area, office, line = (
        rng.choice("2345678") + digits(rng, 2),
        rng.choice("23456789") + digits(rng, 2),
        digits(rng, 4),
    )
    form = rng.choice(
        (
            "({a}) {o}-{l}",
            "{a}-{o}-{l}",
            "{a}.{o}.{l}",
            "+1 {a} {o} {l}",
            "+1 ({a}) {o}-{l}",
            "1-{a}-{o}-{l}",
            "+44 20 7{o} {l}",
            "020 7{o} {l}",
            "+44 (0)20 7{o} {l}",
            "+49 30 {o}{l}",
            "0049 30 {o}{l}",
            "+65 6{o} {l}",
            "+852 9{o} {l}",
            "+33 6 12 {o:.2} {l:.2} 58",
            "001 {a} {o} {l}",
            "+1{a}{o}{l}",
            "+81-3-{l}-{a}1",
        )
    )
    return form.format(a=area, o=office, l=line)


def id_number(rng: random.Random) -> str:
    """A mainland ID with a right checksum, or an old one of fifteen digits."""
    region = rng.choice(("110101", "310115", "330106", "440305", "510107", "650102"))
    born = f"{rng.randrange(1955, 2008)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"
    first = region + born + digits(rng, 3)
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
        return "".join((region, born[2:], digits(rng, 3)))
    return _dress(whole, rng)


def card(rng: random.Random) -> str:
    """A bank card with a right check digit."""
    start, length = rng.choice(
        (
            ("622202", 19),
            ("621700", 19),
            ("6228", 19),
            ("6225", 16),
            ("4", 16),
            ("51", 16),
            ("37", 15),
        )
    )
    body = start + digits(rng, length - len(start) - 1)
    doubled = [int(d) * (2 if at % 2 == 0 else 1) for at, d in enumerate(reversed(body))]
    whole = body + str(-sum(n // 10 + n % 10 for n in doubled) % 10)
    fours = [whole[at : at + 4] for at in range(0, len(whole), 4)]
    return rng.choice(
        (
            whole,
            " ".join(fours),
            "-".join(fours),
            " ".join(fours),
            _dress(whole, rng),
            "\u00a0".join(fours),
            "\u2009".join(fours),
            ".".join(fours),
        )
    )


def email(language: Language, rng: random.Random) -> str:
    """An e-mail address."""
    user = rng.choice(
        ("zhang.san", "li_si88", "wang+hr", "m.mueller", "x9", "first.last-2", "ops%eu", "a.b.c.d")
    )
    user = rng.choice((user, user + digits(rng, 2), letters(rng, 7, string.ascii_lowercase)))
    host = rng.choice(
        (
            "corp.example",
            "mail.example.com",
            "xn--fsqu00a.xn--55qx5d",
            "qq.com",
            "a-b.example.co.uk",
            "163.com",
        )
    )
    plain = f"{user}@{host}"
    return rng.choice(
        (
            plain,
            plain,
            plain,
            _in_another_script(language, rng),
            plain.translate(WIDE),
            f"{user}{rng.choice((' (at) ', '[at]', '(at)', ' [at] '))}{host}",
            f"{user.replace('%', '')} at {host.replace('.', ' dot ')}",
            plain.upper(),
            f'"{user} x"@{host}',
        )
    )


def _in_another_script(language: Language, rng: random.Random) -> str:
    if language == "zh":
        return f"{rng.choice(('张三', '用户名', '李雷'))}@{rng.choice(('例子.公司', '邮件.中国'))}"
    user = rng.choice(("müller", "josé.núñez", "дмитрий", "søren"))
    return f"{user}@{rng.choice(('bücher.example', 'пример.рф'))}"


def ip(rng: random.Random) -> str:
    """An IPv4 or IPv6 address."""
    if rng.random() < 0.5:
        plain = ".".join(str(rng.randrange(1, 255)) for _ in range(4))
        return rng.choice(
            (
                plain,
                plain,
                plain.translate(FULL_WIDTH),
                plain + "/24",
                plain.replace(".", "．"),
                plain + ":8080",
                plain.replace(".", "。"),
            )
        )
    number = ipaddress.IPv6Address(rng.getrandbits(128))
    short = f"2001:db8:{rng.randrange(1, 65535):x}::{rng.randrange(1, 65535):x}"
    local = f"fe80::{rng.randrange(1, 65535):x}:{rng.randrange(1, 65535):x}"
    return rng.choice(
        (
            str(number),
            number.exploded.upper(),
            short,
            f"[{short}]:443",
            local + "%eth0",
            f"::ffff:10.{rng.randrange(256)}.{rng.randrange(256)}.7",
            short + "/64",
        )
    )


_PROVINCES = "京沪粤浙苏川鲁湘鄂闽新藏琼宁渝陕"


def plate(rng: random.Random) -> str:
    """A licence plate."""
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    head, town = rng.choice(_PROVINCES), rng.choice("ABCDEFGH")
    way = rng.randrange(4)
    if way == 0:
        tail = rng.choice("DF") + rng.choice(alphabet) + digits(rng, 4)
    elif way == 1:
        tail = digits(rng, 5) + rng.choice("DF")
    elif way == 2:
        tail = (
            letters(rng, 3, alphabet + string.digits)
            + digits(rng, 1)
            + rng.choice("挂学警港澳" + alphabet)
        )
    else:
        tail = letters(rng, 4, alphabet + string.digits) + digits(rng, 1)
    gap = rng.choice(("", "", "·", " ", "-", "•", "."))
    whole = head + town + gap + tail
    return rng.choice((whole, whole, whole.lower(), whole.translate(WIDE), f"{head} {town} {tail}"))
