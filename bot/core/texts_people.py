"""What a user reads of roles, the audit log and limits, in Chinese and in English.

As in `texts`: a sentence that is missing in one language is a type error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTexts:
    """The words of one language."""

    # limits
    limited_channel: str
    limited_all: str
    limits_command: str
    limits_title: str
    limits_person: str
    limits_channel: str
    limits_all: str
    limits_commands: str
    limits_votes: str
    limits_each: str
    limits_top: str
    limits_asked: str
    limits_nobody: str

    # roles
    role_command: str
    role_title: str
    role_usage: str
    role_whom: str
    role_one: str
    role_unknown_platform: str
    role_given: str
    role_has: str
    role_configured: str
    role_confirm: str
    role_take: str
    role_taken: str
    role_not_had: str
    role_last: str
    role_none: str
    role_by_config: str
    role_by_person: str
    role_more: str

    # the audit log
    audit_command: str
    audit_title: str
    audit_none: str
    audit_usage: str


ZH: Final = PeopleTexts(
    limited_channel="这个群里的问题有点多，请 {seconds} 秒后再来，或者私聊我。",
    limited_all="现在提问的同事很多，请 {seconds} 秒后再来。",
    limits_command="当前的提问限额，以及谁问得最多",
    limits_title="限额",
    limits_person="每人每分钟提问",
    limits_channel="每个群每分钟提问",
    limits_all="全部每分钟提问",
    limits_commands="每人每分钟命令",
    limits_votes="每人每天评价",
    limits_each="共用一个 PostgreSQL 的机器人一起计数；限额在配置文件的 `[limits]` 中修改。",
    limits_top="从 {since}（UTC）起，提问最多的同事（本进程）：",
    limits_asked="{asked} 次，其中 {refused} 次被限额挡下",
    limits_nobody="从 {since}（UTC）起还没有人提问（本进程）。",
    role_command="谁有什么角色；授予或收回：`role give @同事 hr`、`role take @同事 hr`",
    role_title="角色",
    role_usage="请这样写：`/deskmate role give @同事 admin`（或 `hr`、`owner 主题`），"
    "收回用 `take`。也可以写账号，例如 `slack:U123`；名字不算数，因为谁都可以改名。",
    role_whom="您指的是谁？请 @ 一位同事，或者写账号，例如 `slack:U123`。名字不算数，"
    "因为谁都可以改名。",
    role_one="请一次只处理一位同事，这样不会弄错。",
    role_unknown_platform="我不在“{platform}”上，所以那里的账号用不上。",
    role_given="{person} 现在是{role}。从下一条消息起生效。",
    role_has="{person} 已经是{role}。",
    role_configured="{person} 的这个角色写在配置文件里，只能在那里收回。",
    role_confirm="要收回 {person} 的角色“{role}”吗？",
    role_take="收回",
    role_taken="{person} 不再是{role}。从下一条消息起生效。",
    role_not_had="{person} 没有这个在聊天中授予的角色“{role}”。",
    role_last="{person} 是最后一位管理员。请先授予另一位同事，再收回。",
    role_none="还没有人有特别的角色。请在配置文件的 `[access] admins` 中写上第一位管理员。",
    role_by_config="来自配置文件",
    role_by_person="由 {by} 于 {date} 授予",
    role_more="还有 {count} 条没有列出。",
    audit_command="审计日志的最近记录：`audit 20 @同事`",
    audit_title="审计日志",
    audit_none="没有找到记录。",
    audit_usage="请这样写：`/deskmate audit`、`/deskmate audit 20` 或 `/deskmate audit 20 @同事`。",
)

EN: Final = PeopleTexts(
    limited_channel="There are many questions in this channel just now. Please come back in "
    "{seconds} s, or ask me directly.",
    limited_all="Many colleagues are asking just now. Please come back in {seconds} s.",
    limits_command="how many questions are answered, and who asks most",
    limits_title="Limits",
    limits_person="Questions a person a minute",
    limits_channel="Questions a channel a minute",
    limits_all="Questions in all a minute",
    limits_commands="Commands a person a minute",
    limits_votes="Votes a person a day",
    limits_each="Bots on one PostgreSQL count together; change limits in `[limits]` of the "
    "configuration.",
    limits_top="Who asked most since {since} (UTC), in this process:",
    limits_asked="asked {asked}×, turned away {refused}×",
    limits_nobody="Nobody has asked anything since {since} (UTC), in this process.",
    role_command="who has which role; to give or take one: `role give @someone hr`, "
    "`role take @someone hr`",
    role_title="Roles",
    role_usage="Please write `/deskmate role give @someone admin` (or `hr`, or `owner topic`); "
    "`take` takes it back. An account such as `slack:U123` does as well; a name does not, since "
    "anybody can change theirs.",
    role_whom="Whom do you mean? Please mention a colleague, or write their account, as in "
    "`slack:U123`. A name does not do, since anybody can change theirs.",
    role_one="One colleague at a time, please, so that nothing is mixed up.",
    role_unknown_platform="I am not on “{platform}”, so an account there is of no use.",
    role_given="{person} is {role} now. It holds from the next message on.",
    role_has="{person} is {role} already.",
    role_configured="{person} has this role by configuration, and it can be taken only there.",
    role_confirm="Take the role “{role}” from {person}?",
    role_take="Take it",
    role_taken="{person} is no longer {role}. It holds from the next message on.",
    role_not_had="{person} was not granted “{role}” in chat.",
    role_last="{person} is the last administrator. Please grant somebody else the role first.",
    role_none="Nobody has a special role yet. Please name the first administrator in "
    "`[access] admins` of the configuration.",
    role_by_config="by configuration",
    role_by_person="granted by {by} on {date}",
    role_more="There are {count} more that are not shown.",
    audit_command="the latest entries of the audit log: `audit 20 @someone`",
    audit_title="Audit log",
    audit_none="There is no such entry.",
    audit_usage="Please write `/deskmate audit`, `/deskmate audit 20` or "
    "`/deskmate audit 20 @someone`.",
)

PEOPLE: Final[Mapping[Language, PeopleTexts]] = {"zh": ZH, "en": EN}
