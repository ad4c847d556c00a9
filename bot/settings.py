"""Every setting, typed: deskmate.toml, overridden by `DESKMATE_<SECTION>__<KEY>`."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from adapters.dingtalk.settings import DingTalkSettings
from adapters.feishu.settings import FeishuSettings
from adapters.playground.settings import PlaygroundSettings
from adapters.slack.settings import SlackSettings
from bot.settings_environment import PREFIX, not_json, stray_variables
from bot.settings_ingest import IngestSettings
from bot.settings_onboarding import OnboardingSettings
from bot.settings_telemetry import TelemetrySettings
from knowledge.engines.outside import host_of, is_outside
from knowledge.model import EVERYONE
from knowledge.settings import (
    AnsweringSettings,
    EgressSettings,
    GenerationSettings,
    KnowledgeSettings,
)

_SECTION = ConfigDict(extra="forbid", frozen=True)


class SettingsInvalid(Exception):
    """The configuration says something we do not understand; the message names the key."""


class ServerSettings(BaseModel):
    """The `[server]` section: where platforms' callbacks and health checks arrive."""

    model_config = _SECTION

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65_535)


class StorageSettings(BaseModel):
    """The `[storage]` section.

    database_url: empty: SQLite in `data_dir`. Not shown with the other settings: it may hold a
        password.
    """

    model_config = _SECTION

    data_dir: Path = Path("./data")
    database_url: str = Field(default="", repr=False)


class AccessSettings(BaseModel):
    """The `[access]` section: people as `platform:id`, audiences as name → members.

    audiences: members may be platform groups, departments and channels too.
    role_groups: groups, channels and departments whose members have a role, as `slack:S123`.
    outsiders: guests and people of other companies are of the common audience, or of none.
    open_channels: what is said in a channel that everybody can open is read by everybody, or
        taken as read by its members alone.
    members_fresh_s: how long a platform's list of members is believed.
    most_members: the members of a larger conversation are not looked up.
    """

    model_config = _SECTION

    admins: tuple[str, ...] = ()
    hr: tuple[str, ...] = ()
    audiences: dict[str, tuple[Annotated[str, Field(pattern=r"^[a-z]+:.+$")], ...]] = Field(
        default_factory=dict
    )
    role_groups: dict[Literal["admin", "hr", "owner"], tuple[str, ...]] = Field(
        default_factory=dict
    )
    outsiders: Literal["common", "none"] = "common"
    open_channels: Literal["everybody", "members"] = "everybody"
    members_fresh_s: float = Field(default=60.0, ge=0, le=600)
    most_members: int = Field(default=200, ge=2, le=2_000)

    @field_validator("audiences")
    @classmethod
    def _not_everyone(cls, audiences: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        if EVERYONE in audiences:
            raise ValueError(f"{EVERYONE!r} is the audience of everybody, it has no list")
        return audiences


class AuditSettings(BaseModel):
    """The `[audit]` section. questions: what people ask is put into the audit log too."""

    model_config = _SECTION

    questions: bool = False


class LimitSettings(BaseModel):
    """The `[limits]` section: for one person, but where it says otherwise.

    channel_questions_per_minute, all_questions_per_minute: in one channel, and in all; less than
        one person's share counts as that.
    votes_per_day: votes past it count nothing.
    """

    model_config = _SECTION

    questions_per_minute: int = Field(default=10, ge=1)
    channel_questions_per_minute: int = Field(default=120, ge=1)
    all_questions_per_minute: int = Field(default=3_000, ge=1)
    commands_per_minute: int = Field(default=30, ge=1)
    votes_per_day: int = Field(default=50, ge=0)


class GroupSettings(BaseModel):
    """The `[groups]` section: answer in groups only when mentioned, or when it is relevant.

    cooldown_minutes: so long the same topic is not answered again unasked. per_hour: so many
        unasked answers a channel. quiet_minutes: after somebody said "stop" or "that is wrong".
    """

    model_config = _SECTION

    mode: Literal["mention", "relevant"] = "mention"
    cooldown_minutes: int = Field(default=30, ge=0, le=1_440)
    per_hour: int = Field(default=6, ge=0, le=60)
    quiet_minutes: int = Field(default=60, ge=1, le=10_080)


class DomainSettings(BaseModel):
    """One `[[loop.owners]]` table: what these people answer for; any of the three is enough."""

    model_config = _SECTION

    people: tuple[str, ...] = Field(min_length=1)
    audiences: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


class FreshnessSettings(BaseModel):
    """The `[loop.freshness]` section: when owners are reminded of what is past its review.

    every_days: so long nobody is reminded of the same thing again; 0: nobody ever. Reminders are
        forgotten after 180 days.
    timezone: as in `Asia/Shanghai`; empty: the machine's own.
    """

    model_config = _SECTION

    every_days: int = Field(default=7, ge=0, le=150)
    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday"] = "monday"
    hour: int = Field(default=9, ge=0, le=15)
    timezone: str = ""

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            if name:
                ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"no time zone is called {name!r} here") from error
        return name


class LoopSettings(BaseModel):
    """The `[loop]` section: how people teach the bot what it does not know.

    ask_owner: whether a person is asked only when an asker wishes it, or about every gap.
    approval: what an expert writes waits for an administrator.
    remind_after_hours: before somebody is reminded, `reminders` times; then the next one is asked.
    promote_after: an answer that so many people found helpful is proposed as a verified one.
    gate: whether a change that makes answers worse counts, or waits for an administrator.
    tolerance: the share of verified answers that a change may make worse unsaid.
    learn_after: a wording gets the verified answer that so many people found helpful there.
    channel: a channel to ask experts in, as `slack:C123`; empty: direct messages.
    """

    model_config = _SECTION

    ask_owner: Literal["requested", "always"] = "requested"
    approval: bool = False
    remind_after_hours: float = Field(default=24.0, gt=0)
    reminders: int = Field(default=1, ge=0, le=10)
    promote_after: int = Field(default=3, ge=2)
    gate: Literal["warn", "block"] = "warn"
    tolerance: float = Field(default=0.05, ge=0.0, lt=1.0)
    learn_after: int = Field(default=2, ge=1)
    channel: str = Field(default="", pattern=r"^$|^[a-z]+:.+$")
    owners: tuple[DomainSettings, ...] = ()
    freshness: FreshnessSettings = FreshnessSettings()


class Settings(BaseSettings):
    """The whole configuration. Build it with `load`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, which `load` passes in."""
        return env_settings, init_settings

    server: ServerSettings = ServerSettings()
    storage: StorageSettings = StorageSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    generation: GenerationSettings = GenerationSettings()
    egress: EgressSettings = EgressSettings()
    answering: AnsweringSettings = AnsweringSettings()
    playground: PlaygroundSettings = PlaygroundSettings()
    slack: SlackSettings = SlackSettings()
    feishu: FeishuSettings = FeishuSettings()
    dingtalk: DingTalkSettings = DingTalkSettings()
    access: AccessSettings = AccessSettings()
    limits: LimitSettings = LimitSettings()
    groups: GroupSettings = GroupSettings()
    audit: AuditSettings = AuditSettings()
    loop: LoopSettings = LoopSettings()
    onboarding: OnboardingSettings = OnboardingSettings()
    ingest: IngestSettings = IngestSettings()
    telemetry: TelemetrySettings = TelemetrySettings()


def load(file: Path | None = None) -> Settings:
    """Read a TOML file, if one is named, and the environment, which wins.

    Raises:
        SettingsInvalid: with every mistake, its place and what was meant, one a line.
    """
    place = file or "environment"
    try:
        if stray := stray_variables(os.environ, Settings.model_fields):
            raise SettingsInvalid("\n".join(f"environment: {line}" for line in stray))
        # "utf-8-sig": editors on Windows put a mark before the first line.
        settings = Settings(**(tomllib.loads(file.read_text("utf-8-sig")) if file else {}))
    except FileNotFoundError as missing:
        hint = "`deskmate init` writes one"
        raise SettingsInvalid(f"{place}: there is no such file; {hint}") from missing
    except UnicodeDecodeError as broken:
        raise SettingsInvalid(f"{place}: not UTF-8; save it as UTF-8") from broken
    except tomllib.TOMLDecodeError as broken:
        raise SettingsInvalid(f"{place}: not valid TOML: {broken}") from broken
    except SettingsError as broken:
        raise SettingsInvalid(f"environment: {not_json(os.environ, str(broken))}") from broken
    except ValidationError as invalid:
        lines = (f"{place}: {_sentence(error)}" for error in invalid.errors())
        raise SettingsInvalid("\n".join(lines)) from invalid
    _refuse_unguarded(settings, str(place))
    return settings


def writes_outside(settings: Settings) -> bool:
    """Whether a language model outside the house is configured."""
    generation = settings.generation
    remote = generation.engine in ("auto", "openai") and generation.base_url
    return bool(remote) and is_outside(generation.base_url, settings.egress.inside)


def _refuse_unguarded(settings: Settings, place: str) -> None:
    """What people ask and read leaves as it is only where somebody said so of just this host.

    Raises:
        SettingsInvalid: nobody did.
    """
    host = host_of(settings.generation.base_url)
    if settings.egress.guard or not writes_outside(settings) or settings.egress.unguarded == host:
        return
    raise SettingsInvalid(
        f"{place}: [egress] guard is off, and {host} is outside the house: names, numbers and "
        f'secrets would leave; guard = true, or unguarded = "{host}" if that is what you want'
    )


def _sentence(error: ErrorDetails) -> str:
    *section, key = (str(part) for part in error["loc"])
    where = f"[{'.'.join(section)}] {key}" if section else f"[{key}]"
    if error["type"] == "model_type":
        return f"{where}: is a section: keys stand below {where}"
    if error["type"] != "extra_forbidden":
        return f"{where}: {error['msg'].removeprefix('Value error, ')}"
    known = _known_keys(section)
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
    return f"{where}: unknown key; {hint}"


def _known_keys(section: list[str]) -> list[str]:
    model: type[BaseModel] = Settings
    for name in section:
        annotation = model.model_fields[name].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
