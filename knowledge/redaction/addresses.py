"""Postal addresses, Chinese and English, from the street or estate down to the room."""

from __future__ import annotations

import re
from collections.abc import Iterator

from knowledge.language import HAN
from knowledge.redaction.kinds import Find, Kind

_PLACES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南"
    "|广东|海南|四川|贵州|云南|陕西|甘肃|青海"
    "|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|广州|深圳|杭州|南京|苏州|成都|武汉|西安|长沙|郑州"
    "|青岛|济南|大连|沈阳|宁波|厦门|福州|合肥"
    "|昆明|无锡|佛山|东莞|石家庄|哈尔滨|长春|南昌|南宁|贵阳|太原|海口|兰州|乌鲁木齐|呼和浩特|银川"
    "|西宁|拉萨|温州|珠海|中山|惠州|常州|徐州"
    "|南通|绍兴|嘉兴|金华|台州|泉州|烟台|潍坊|洛阳|三亚|九龙|新界|台北|高雄"
)
_BODY = f"[{HAN}A-Za-z0-9 ·#()-]"
_NUM = r"(?:\d{1,5}(?:[-#]\d{1,5}){0,3}[A-Za-z]?|[A-Za-z]\d{0,4}|[一二三四五六七八九十百〇零]{1,5})"
_UNIT = "(?:号楼|号院|号(?!线)|栋|幢|座|单元|楼|层|室|弄|房|户|F(?![A-Za-z]))"
_ROAD = (
    "(?:路|街|大道|巷|胡同|弄|新村|村|里弄|条)[东西南北中]?(?:[一二三四五六七八九十]|\\d)?(?:段"
    "|支路)?"
)
_ESTATE = (
    "(?:小区|花园|公寓|家园|新村|大厦|广场|苑|府|新城|庭|湾|名邸|山庄|别墅|豪庭|社区|园区|科技园"
    "|工业园)"
)
_NAMED = f"[{HAN}A-Za-z0-9]"
_BEFORE_A_PLACE = "在于到往至是为从的去住址了给"
_TAIL = f"(?:[ ,，]?(?:[(]?{_NAMED}{{0,12}}?[)]?)?{_NUM} ?{_UNIT}){{0,6}}"
# The room may stand bare at the end: A座1201.
_TAIL += r"(?:(?<=[座栋幢楼])[-#]?\d{3,5}(?![\d年月日元.]))?"
_PLACE = re.compile(_PLACES)
_FROM_A_PLACE = (
    re.compile(
        rf"(?=[^,，。；;\n]{{0,24}}?(?:[省市区县镇乡路街道巷村弄]|{_ESTATE}|自治))"
        rf"{_BODY}{{1,48}}(?<=[\dA-Za-z一二三四五六七八九十]){_UNIT}{_TAIL}"
    ),
    re.compile(
        rf"(?:{_NAMED}{{0,12}}?[省市区县镇乡]){{1,4}}[, ，]{{0,2}}"
        rf"{_NAMED}{{1,12}}?(?:路|街|大道|巷|胡同|道|村){_TAIL}"
    ),
)
_ROOM = re.compile(
    rf"{_NUM} ?(?:栋|幢|座|号楼) ?(?:{_NUM} ?单元)? ?(?:{_NUM} ?[层楼])? ?{_NUM} ?[室房户]"
)
# Found by their end, and read backwards: their beginning may be any character.
_ENDS_OF_ROADS = re.compile(
    rf"(?:{_ROAD} ?{_NUM} ?(?:号楼|号院|号|弄|栋|幢)"
    rf"|{_ESTATE} ?(?:[(]?[东西南北一二三四五六七八九十\d]{{1,2}}[区期][)]?)? ?{_NUM}"
    rf" ?{_UNIT}){_TAIL}"
)
_NAME_OF_A_ROAD = re.compile(rf"(?:(?![{_BEFORE_A_PLACE}]){_NAMED}){{1,14}}\Z")
_LONGEST_NAME = 14
_LABELLED = re.compile(
    r"(?:住址|家庭地址|通讯地址|通信地址|收货地址|邮寄地址|收件地址|居住地址?|户籍地址?|联系地址"
    r"|现住|家住|地址)"
    rf"[*`)）]{{0,3}} {{0,2}}(?:[:=]|[是为在](?::)?) {{0,2}}([{HAN}A-Za-z0-9 ·#()（）-]{{4,60}})"
)

_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Way|Court|Ct|Square|Sq"
    r"|Place|Pl"
    r"|Terrace|Ter|Parkway|Pkwy|Highway|Hwy|Close|Crescent|Cres|Gardens|Gdns|Grove|Mews|Row|Walk"
    r"|Alley|Circle|Cir"
    r"|Loop|Quay|Wharf|Trail|Trl|Plaza|Broadway|Lu|Jie)"
)
_SIDE = r"(?:(?:[NSEW]{1,2}|North|South|East|West)\.? )?"
_INSIDE = (
    r"(?:(?:Room|Rm|Unit|Building|Bldg|Block|Blk|Floor|Fl|Flat|Suite|Ste|Apt|Apartment|Tower)\.?"
    r" ?#?\w{1,6}(?:-\w{1,5})?"
    r"|#\w{1,4}(?:-\w{1,5})?|\d{1,3}(?:st|nd|rd|th)? ?(?:Floor|Fl\.?)|\d{1,3}/F)"
)
_CAPITAL = r"[A-ZÀ-Þ][\w'’.-]{0,24}"
_CITY = rf"(?:, ?{_CAPITAL}(?: {_CAPITAL}){{0,3}}){{0,4}}"
_CODE = (
    r"(?:,? {0,2}(?:(?-i:[A-Z]{2}) )?\d{5,6}(?:-\d{4})?(?!\d)|,? ?(?-i:[A-Z]{1,2}\d[A-Z\d]?"
    r" ?\d[A-Z]{2})(?![A-Za-z0-9]))?"
)
_COUNTRY = (
    r"(?:,? (?:USA|U\.S\.A\.|United States|UK|United Kingdom|China|P\.?R\.? China|Singapore"
    r"|Germany|Hong Kong)(?![A-Za-z]))?"
)
_REST = rf"(?:,? ?{_INSIDE}){{0,4}}{_CITY}(?:,? ?{_INSIDE}){{0,2}}{_CODE}{_COUNTRY}"
_LOW = (
    r"(?!(?:of|the|on|in|a|an|to|by|per|and|for|or|at|from|with|days?|hours?|weeks?|months?"
    r"|years?|minutes?|people|times?)(?![A-Za-z]))[a-z][a-z'.-]{1,20}"
)
_STREETS = (
    re.compile(
        rf"(?<![\d.,])\d{{1,6}}(?:-\d{{1,5}})?[A-Za-z]? {_SIDE}"
        rf"(?:{_CAPITAL} |\d{{1,3}}(?:st|nd|rd|th) ){{1,4}}{_STREET}(?![A-Za-z])\.?{_REST}"
    ),
    re.compile(
        rf"(?<![\d.,])\d{{1,6}}[A-Za-z]? (?:Broadway|Rue|Via|Calle|Avenida|Rua|Jalan"
        rf"|Lorong)(?![A-Za-z]) ?"
        rf"(?:{_CAPITAL}(?: {_CAPITAL}){{0,3}})?{_REST}"
    ),
)
_INSIDE_BEFORE = re.compile(rf"(?:{_INSIDE},? ?){{0,4}}(?:No\.? ?)?\Z")
_LONGEST_INSIDE = 60
_SMALL_STREET = re.compile(
    rf"(?<![\d.,])\d{{1,6}}[a-z]? (?:[nsew]{{1,2}}\.? )?(?:{_LOW} ){{1,2}}{_STREET}(?![A-Za-z])\.?"
    rf"(?:,? ?{_INSIDE}){{0,3}}",
    re.IGNORECASE,
)
_BY_FORM = (
    re.compile(
        r"[A-ZÄÖÜ][a-zäöüß-]{0,30}(?:straße|strasse|str\.|platz|allee|weg|gasse|damm|ufer) ?\d{1,4}"
        r" ?[a-z]?(?![A-Za-z\d])(?:,? (?:D-)?\d{5} [A-ZÄÖÜ][a-zäöüß]{1,20}(?:"
        r" [A-ZÄÖÜ][a-zäöüß]{1,20})?)?"
    ),
    re.compile(r"P\.? ?O\.? ?Box {1,2}\d{1,8}", re.IGNORECASE),
    re.compile(rf"{_CAPITAL}(?: {_CAPITAL}){{0,2}}, [A-Z]{{2}} \d{{5}}(?:-\d{{4}})?(?!\d)"),
    re.compile(r"(?<![A-Za-z0-9])(?:GIR 0AA|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})(?![A-Za-z0-9])"),
    re.compile(r"(?:#\d{2}-\d{2,5},? )?Singapore \d{6}(?!\d)"),
)
_LABELS = ("址", "住", "户籍")
_LABELS_EN = ("address", "lives at", "resides at")
_NUMBER_AND_WORD = re.compile(r"\d[A-Za-z]{0,2} [A-Za-z]")
_LABELLED_EN = re.compile(
    r"(?i:(?<![A-Za-z])(?:(?:home|mailing|postal|shipping|billing|delivery|residential) address"
    r"|lives at"
    r"|resides at|address)"
    r"[*`\")]{0,3}(?::| is)? {1,2})((?=[^.;\n]{0,40}\d)[A-Z0-9#][\w#,'’./ -]{5,100})",
)
_HAN = re.compile(f"[{HAN}]")
_HAS_CHINESE = re.compile(rf"(?:\d|[A-Za-z一二三四五六七八九十百〇零]) ?{_UNIT}|[路街村区镇]")


def addresses(text: str) -> Iterator[Find]:
    """Postal addresses; a city alone is none."""
    if _HAN.search(text) and _HAS_CHINESE.search(text):
        yield from _from_a_place(text)
        yield from _all(text, _ROOM)
        yield from _backwards(text, _ENDS_OF_ROADS, _NAME_OF_A_ROAD, _LONGEST_NAME)
    yield from _english(text)
    small = text.lower()
    labelled = [_LABELLED_EN] if any(label in small for label in _LABELS_EN) else []
    labelled += [_LABELLED] if any(label in text for label in _LABELS) else []
    for pattern in labelled:
        for found in pattern.finditer(text):
            yield Find(start=found.start(1), end=found.end(1), kind=Kind.ADDRESS)


def _english(text: str) -> Iterator[Find]:
    yield from _all(text, *_BY_FORM)
    if _NUMBER_AND_WORD.search(text):
        yield from _all(text, _SMALL_STREET)
        for pattern in _STREETS:
            yield from _backwards(text, pattern, _INSIDE_BEFORE, _LONGEST_INSIDE)


def _from_a_place(text: str) -> Iterator[Find]:
    for place in _PLACE.finditer(text):
        for pattern in _FROM_A_PLACE:
            if found := pattern.match(text, place.end()):
                yield Find(start=place.start(), end=found.end(), kind=Kind.ADDRESS)


def _all(text: str, *patterns: re.Pattern[str]) -> Iterator[Find]:
    for pattern in patterns:
        for found in pattern.finditer(text):
            yield Find(start=found.start(), end=found.end(), kind=Kind.ADDRESS)


def _backwards(
    text: str, pattern: re.Pattern[str], before: re.Pattern[str], longest: int
) -> Iterator[Find]:
    """What fits, with what belongs to it right before, at most so long."""
    for found in pattern.finditer(text):
        begins = max(0, found.start() - longest)
        name = before.search(text[begins : found.start()])
        start = begins + name.start() if name else found.start()
        yield Find(start=start, end=found.end(), kind=Kind.ADDRESS)
