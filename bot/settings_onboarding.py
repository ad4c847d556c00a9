"""The `[onboarding]` section: journeys of new colleagues."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.calendars import known_country
from bot.core.onboarding.when import known_zone

_SECTION = ConfigDict(extra="forbid", frozen=True)

_Folder = Annotated[Path | None, BeforeValidator(lambda value: value or None)]


class OfficeSettings(BaseModel):
    """One `[[onboarding.offices]]` table: where people work.

    names: how it is called, in whatever language; the first office is everybody's of whom nothing
    is known. country, region: of its public holidays, as in `CN`, or `DE` and `BE`.
    """

    model_config = _SECTION

    names: tuple[str, ...] = Field(min_length=1)
    time_zone: str
    country: str = ""
    region: str = ""

    @model_validator(mode="after")
    def _is_on_the_map(self) -> Self:
        if not known_zone(self.time_zone):
            raise ValueError(f"there is no time zone {self.time_zone!r}; write it as Asia/Shanghai")
        if self.country and not known_country(self.country, self.region):
            place = "-".join(filter(None, (self.country, self.region)))
            raise ValueError(f"there is no calendar of public holidays for {place!r}")
        return self


class OnboardingSettings(BaseModel):
    """The `[onboarding]` section.

    folder: HR's own journeys, `NAME.zh.yaml` and `NAME.en.yaml`; empty: the sample that comes with
    the product. automatic: whoever joins is put on the journey that fits; else HR does it.
    channel: where HR gets the weekly digest, as `slack:C123`; empty: each one's direct messages.
    begin, end: local hours in which people are written to, on working days.
    grace_hours: how late a message is still sent; tasks are never lost.
    tip_from: so many must have asked something before others are told of it.
    """

    model_config = _SECTION

    enabled: bool = False
    folder: _Folder = None
    automatic: bool = True
    channel: str = Field(default="", pattern=r"^$|^[a-z]+:.+$")
    begin: time = time(9, 0)
    end: time = time(18, 30)
    grace_hours: float = Field(default=24.0, gt=0, le=24 * 14)
    tip_from: int = Field(default=2, ge=1)
    offices: tuple[OfficeSettings, ...] = ()

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.begin >= self.end:
            raise ValueError("begin must be before end, on one day")
        return self
