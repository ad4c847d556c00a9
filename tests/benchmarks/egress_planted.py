"""Personal data and secrets nobody has, in the many forms in which people write them.

Made from the published forms of each kind, knowing nothing of the recognisers; the same for the
same seed. Chinese and English; full-width and spoken digits, separators, prefixes, mistyped cases.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from knowledge.model import Language
from tests.benchmarks.egress_numbers import card, email, id_number, ip, phone, plate
from tests.benchmarks.egress_people import People, address, name
from tests.benchmarks.egress_secrets import secret


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


_MADE: Mapping[str, Callable[[Language, random.Random, People], str]] = {
    "name": name,
    "id": lambda _language, rng, _staff: id_number(rng),
    "phone": lambda language, rng, _staff: phone(language, rng),
    "card": lambda _language, rng, _staff: card(rng),
    "email": lambda language, rng, _staff: email(language, rng),
    "address": lambda language, rng, _staff: address(language, rng),
    "plate": lambda _language, rng, _staff: plate(rng),
    "ip": lambda _language, rng, _staff: ip(rng),
    "secret": lambda _language, rng, _staff: secret(rng),
}
KINDS = tuple(_MADE)
