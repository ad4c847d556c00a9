"""What the configuration says, as the core wants to know it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.core.access import Access
from bot.core.audiences import Lists
from bot.core.etiquette import Manners
from bot.core.experts import Asking
from bot.core.grants import MembersOf, RoleGroups, nobody
from bot.core.model import Conversation, Role
from bot.core.overdue import Cadence
from bot.core.owners import Domain, Owners
from bot.core.rules import Rules
from bot.program import program_of
from bot.settings import FreshnessSettings, Settings
from knowledge.model import EVERYONE, Language

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_CHINESE_PLATFORMS: Mapping[str, Language] = {"feishu": "zh", "dingtalk": "zh"}


def rules_of(settings: Settings, *, members_of: MembersOf = nobody) -> Rules:
    """What the configuration says about who may do what, and when.

    members_of: tells who is in a group of a platform.
    """
    access, loop = settings.access, settings.loop
    owners = Owners(
        domains=tuple(
            Domain(
                people=domain.people,
                audiences=domain.audiences,
                folders=domain.folders,
                topics=domain.topics,
            )
            for domain in loop.owners
        ),
        admins=access.admins,
    )
    return Rules(
        access=Access(
            admins=frozenset(access.admins), hr=frozenset(access.hr), owners=owners.everybody
        ),
        owners=owners,
        asking=Asking(
            unbidden=loop.ask_owner == "always",
            approval=loop.approval,
            patience=timedelta(hours=loop.remind_after_hours),
            reminders=loop.reminders,
            place=_place(loop.channel),
        ),
        promote_after=loop.promote_after,
        tolerance=loop.tolerance,
        cadence=_cadence(loop.freshness),
        learn_after=loop.learn_after,
        role_groups=RoleGroups(
            groups={Role(name): groups for name, groups in access.role_groups.items()},
            members_of=members_of,
        ),
        audit_questions=settings.audit.questions,
        questions_per_minute=settings.limits.questions_per_minute,
        channel_questions=settings.limits.channel_questions_per_minute,
        all_questions=settings.limits.all_questions_per_minute,
        commands=settings.limits.commands_per_minute,
        votes_per_day=settings.limits.votes_per_day,
        manners=Manners(
            cooldown=timedelta(minutes=settings.groups.cooldown_minutes),
            per_hour=settings.groups.per_hour,
            quiet=timedelta(minutes=settings.groups.quiet_minutes),
        ),
        deadline_s=settings.answering.deadline_s,
        care=settings.answering.care,
        languages=_CHINESE_PLATFORMS,
        program=program_of(settings.onboarding, data_dir=settings.storage.data_dir),
        hr=access.hr,
        hr_place=_place(settings.onboarding.channel),
    )


def lists_of(settings: Settings) -> Lists:
    """What the configuration says of audiences."""
    access = settings.access
    return Lists(
        members={name: frozenset(members) for name, members in access.audiences.items()},
        outsiders=frozenset({EVERYONE} if access.outsiders == "common" else ()),
        open_to_members=access.open_channels == "members",
        most_members=access.most_members,
    )


def _cadence(freshness: FreshnessSettings) -> Cadence | None:
    if not freshness.every_days:
        return None
    return Cadence(
        every=timedelta(days=freshness.every_days),
        weekday=_WEEKDAYS.index(freshness.weekday),
        hour=freshness.hour,
        zone=ZoneInfo(freshness.timezone) if freshness.timezone else None,
    )


def _place(channel: str) -> Conversation | None:
    platform, _, channel_id = channel.partition(":")
    return Conversation(platform=platform, id=channel_id) if channel_id else None
