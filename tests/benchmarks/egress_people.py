"""People nobody is, where they live, and how others write it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from knowledge.model import Language
from tests.benchmarks.egress_numbers import FULL_WIDTH


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
    surnames = (
        "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡"
        "贾丁魏薛叶阎安时任方常金单解仇易牛"
    )
    double = "欧阳 上官 司马 诸葛 皇甫 慕容 令狐 尉迟".split()
    given = (
        "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红梅鹏飞宇轩子涵梓萱浩然欣怡雨婷晓峰"
        "文博志远思琪佳慧建国淑珍海燕云龙"
    )
    zh = {
        (rng.choice(double) if rng.random() < 0.08 else rng.choice(surnames))
        + "".join(rng.choice(given) for _ in range(rng.choice((1, 2, 2))))
        for _ in range(220)
    }
    zh |= {"阿卜杜拉·买买提", "迪丽热巴·迪力木拉提", "爱新觉罗·启明"}
    first = (
        "James Mary Robert Patricia Jennifer Michael Linda David Elizabeth William Barbara"
        " Richard Susan Joseph Jessica"
        " Thomas Sarah Karen Christopher Lisa Daniel Nancy Matthew Betty Anthony Sandra Margaret"
        " Ashley Kimberly Emily"
        " Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Laura José María Søren"
        " Zoë François Łukasz Jürgen"
        " Siobhán Aoife Priya Arjun Yuki Haruto Ingrid Olga Dmitri Fatima Omar Mei Will Grace"
        " Mark Rose".split()
    )
    last = (
        "Smith Johnson Williams Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez"
        " Gonzalez Wilson Anderson"
        " Thomas Taylor Moore Jackson Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis"
        " Robinson Walker Young"
        " O'Brien O'Connor D'Angelo MacDonald Müller Schröder Núñez Fernández-Ruiz Kowalczyk"
        " Nguyen Patel Tanaka"
        " Brown Green Baker King Hall Wood van_Dijk de_la_Cruz Al-Farsi St._Clair"
    ).split()
    en = {
        f"{rng.choice(first)} {rng.choice(('', '', 'J. ', 'Ann '))}"
        f"{rng.choice(last).replace('_', ' ')}"
        for _ in range(220)
    }
    return People(zh=tuple(sorted(zh)), en=tuple(sorted(en)))


def address(language: Language, rng: random.Random) -> str:
    """A postal address."""
    return _address_zh(rng) if language == "zh" else _address_en(rng)


def _address_zh(rng: random.Random) -> str:
    city = rng.choice(
        (
            "北京市海淀区",
            "上海市浦东新区",
            "浙江省杭州市西湖区",
            "广东省深圳市南山区",
            "四川省成都市武侯区",
            "江苏省苏州市工业园区",
            "杭州市余杭区仓前街道",
            "内蒙古自治区呼和浩特市赛罕区",
            "湖北武汉洪山区",
            "北京朝阳区",
        )
    )
    road = rng.choice(
        (
            "中关村大街",
            "文三路",
            "世纪大道",
            "科技园南路",
            "天府三街",
            "星湖街",
            "长安东路",
            "和平里西街",
            "五道口胡同",
            "解放路",
            "建设二路",
            "花园北巷",
        )
    )
    number = rng.choice(
        (
            f"{rng.randrange(1, 900)}号",
            f"{rng.randrange(1, 90)} 号",
            f"{rng.randrange(1, 90)}-{rng.randrange(1, 9)}号",
            f"{rng.randrange(100, 900)}弄{rng.randrange(1, 90)}号",
            "一百二十八号",
        )
    )
    estate = rng.choice(("", "", "阳光花园", "翠苑小区", "金茂大厦", "绿城·桂花园"))
    inside = rng.choice(
        (
            "",
            f"{rng.randrange(1, 20)}幢{rng.randrange(1, 4)}单元{rng.randrange(101, 2900)}室",
            f"{rng.choice('ABC')}座{rng.randrange(101, 2900)}室",
            f"{rng.randrange(1, 20)}号楼{rng.randrange(101, 900)}",
            f"{rng.randrange(1, 30)}层",
            f"{rng.randrange(1, 20)}栋{rng.randrange(101, 900)}房",
        )
    )
    way = rng.randrange(6)
    if way == 0:
        return road + number + estate + inside
    if way == 1:
        return f"{city} {road} {number}，{estate}{inside}" if inside else f"{city} {road} {number}"
    if way == 2:
        return (city + road + number + estate + inside).translate(FULL_WIDTH)
    if way == 3:
        return (
            f"{city}{rng.choice(('翠苑小区', '阳光花园', '海棠公寓', '望京新城'))}"
            f"{rng.randrange(1, 30)}号楼{rng.randrange(1, 4)}单元{rng.randrange(101, 900)}室"
        )
    return city + road + number + estate + inside


def _address_en(rng: random.Random) -> str:
    street = rng.choice(
        (
            "Baker Street",
            "Amphitheatre Parkway",
            "N. Main St.",
            "Elm Ave",
            "West 42nd Street",
            "Martin Luther King Blvd",
            "Queen's Road",
            "Sunset Boulevard",
            "Orchard Road",
            "Oak Tree Ln",
            "Infinite Loop",
            "Yunfan Road",
            "Broadway",
        )
    )
    inside = rng.choice(
        (
            "",
            "",
            f", Apt {rng.randrange(1, 90)}B",
            f", Suite {rng.randrange(100, 900)}",
            f" #{rng.randrange(1, 90)}",
            f", {rng.randrange(2, 30)}th Floor",
            f", Unit {rng.randrange(1, 90)}",
        )
    )
    city = rng.choice(
        (
            "",
            ", Springfield, IL 62704",
            ", London NW1 6XE",
            ", San Francisco, CA 94103-1234",
            ", Hangzhou, Zhejiang 310012, China",
            ", New York, NY 10036",
            ", Singapore 238857",
        )
    )
    number = f"{rng.randrange(1, 4000)}{rng.choice(('', '', '', 'B'))}"
    way = rng.randrange(8)
    if way == 0:
        return rng.choice(
            (
                f"Friedrichstraße {rng.randrange(1, 300)}, 10117 Berlin",
                f"Torstr. {rng.randrange(1, 300)}",
                f"P.O. Box {rng.randrange(100, 99999)}",
            )
        )
    if way == 1:
        return (
            f"Room {rng.randrange(100, 2900)}, Building {rng.randrange(1, 20)}, No."
            f" {rng.randrange(1, 900)} Zhongguancun Street, Haidian District, Beijing 100080"
        )
    if way == 2:
        return f"Flat {rng.randrange(1, 90)}, {number} {street}{city}"
    return f"{number} {street}{inside}{city}"


def name(language: Language, rng: random.Random, staff: People) -> str:
    """Somebody of the directory, or in Chinese somebody with a title."""
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
    surname = rng.choice(
        "王李张刘陈杨赵黄周吴徐孙胡朱林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈彭吕苏卢蒋蔡贾丁魏"
        "薛叶"
    )
    name = surname + "".join(
        rng.choice("伟芳娜敏静丽强磊军洋") for _ in range(rng.choice((0, 0, 1, 2)))
    )
    title = rng.choice(
        "总 老师 经理 先生 女士 主任 工程师 总监 师傅 博士 律师 医生 部长 工 董 哥 姐".split()
    )
    return name + title


def _name_en(rng: random.Random, staff: People) -> str:
    name = rng.choice(staff.en)
    first, *_, last = name.split()
    return rng.choice(
        (
            name,
            name,
            name.upper(),
            name.lower(),
            f"{last}, {first}",
            f"{first[0]}. {last}",
            f"{first} {last}",
            f"{first.lower()}.{last.lower()}",
            f"{name}'s"[:-2],
        )
    )
