"""Every sentence of onboarding that a user reads, in Chinese and in English.

Beside bot/core/texts.py, and by the same rules: a sentence that is missing in one language is a
type error, and both languages use the same names in braces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The words of one language."""

    # parts
    colleague: str
    your_manager: str
    your_buddy: str
    hr: str
    you: str
    weekdays: str

    # the joiner's cards
    first_day: str
    time_zone: str
    hours: str
    hours_value: str
    welcome_next: str
    show_list: str
    other_language: str
    stop: str
    day: str
    by_date: str
    done: str
    tomorrow: str
    next_week: str
    read_on: str
    done_by_command: str
    answer_by_command: str
    quiz_by_command: str
    a_line_each: str
    send: str
    met: str
    for_whom: str
    name: str
    does: str
    contact: str
    tip_intro: str
    reminder: str
    reminder_late: str

    # the list
    list_title: str
    list_progress: str
    list_open: str
    list_done: str
    list_more: str
    list_empty: str
    list_late: str
    done_number: str
    later_number: str
    open_number: str

    # answers to what they press
    ticked: str
    postponed: str
    postponed_enough: str
    quiz_right: str
    quiz_wrong: str
    thanks: str
    read_by: str
    answer_missing: str
    no_such_choice: str
    answered_already: str
    step_gone: str
    not_yours: str
    no_journey: str
    stopped: str
    go_on: str
    gone_on: str
    language_is: str
    zone_is: str
    zone_unknown: str
    forgotten_self: str
    forget_self_ask: str
    forget_ask: str

    # escalation
    escalated_title: str
    escalated: str
    escalated_next: str

    # HR
    command: str
    usage: str
    usage_hr: str
    person_missing: str
    started: str
    started_already: str
    rehearsal: str
    journey_unknown: str
    journey_none: str
    date_unreadable: str
    not_on_a_journey: str
    hr_only: str
    status_title: str
    status_none: str
    status_row: str
    status_late: str
    status_stuck: str
    status_more: str
    state_active: str
    state_paused: str
    state_finished: str
    state_stopped: str
    state_ended: str
    column_open: str
    column_late: str
    column_next: str
    column_state: str
    column_skipped: str
    nudge: str
    nudged: str
    nothing_open: str
    pause: str
    paused: str
    resume: str
    resumed: str
    end: str
    ended: str
    reassigned: str
    reassign_usage: str
    forgotten: str
    forgotten_nothing: str
    answers_title: str
    answers_none: str
    export_title: str
    export_note: str

    # report and digest
    report_title: str
    report_people: str
    report_people_value: str
    report_done: str
    report_late: str
    report_steps: str
    report_quizzes: str
    digest_title: str
    digest_intro: str
    digest_attention: str
    digest_asked: str
    digest_gaps: str
    digest_asked_row: str
    digest_none: str
    broken_title: str
    broken: str


ZH: Final = Texts(
    colleague="新同事",
    your_manager="你的直属主管",
    your_buddy="你的伙伴",
    hr="人力资源部",
    you="你",
    weekdays="周一 周二 周三 周四 周五 周六 周日",
    first_day="第一天",
    time_zone="时区",
    hours="消息时间",
    hours_value="工作日 {begin}–{end}",
    welcome_next=(
        "到了该做的时候我会告诉你；想看清单，随时发送 `/deskmate onboard`。"
        "有问题直接在这里问我。时区不对？发送 `/deskmate onboard zone Asia/Shanghai`。"
    ),
    show_list="我的清单",
    other_language="切换到英文（English）",
    stop="不再接收",
    day="第 {day} 天",
    by_date="截止",
    done="完成",
    tomorrow="明天再说",
    next_week="下周再说",
    read_on="继续阅读",
    done_by_command="完成后发送 `/deskmate onboard done {number}`",
    answer_by_command="请发送 `/deskmate onboard answer {number} 你的回答`",
    quiz_by_command="请发送 `/deskmate onboard answer {number}`，后面加上选项字母",
    a_line_each="每个问题的回答各占一行。",
    send="提交",
    met="见过了",
    for_whom="新同事",
    name="姓名",
    does="职责",
    contact="联系方式",
    tip_intro="其他新同事在第 {week} 周常问：“{question}”",
    reminder="提醒：“{title}”今天截止。",
    reminder_late="提醒：“{title}”已过截止日期（{date}）。",
    list_title="{title}：我的清单",
    list_progress="第 {day} 天，已完成 {done} 项，共 {total} 项",
    list_open="待办",
    list_done="已完成",
    list_more="还有 {count} 项",
    list_empty="目前没有待办，一切顺利。",
    list_late="已逾期",
    done_number="完成 {number}",
    later_number="推迟 {number}",
    open_number="打开 {number}",
    ticked="✅ 已完成：{title}",
    postponed="好的，“{title}”推迟到 {date}。",
    postponed_enough="“{title}”已经推迟过多次，不能再推迟了，请尽快完成，或联系人力资源部。",
    quiz_right="✅ 答对了。",
    quiz_wrong="不对，正确答案是：{answer}",
    thanks="收到，谢谢。",
    read_by="能看到你的回答的人：{readers}。",
    answer_missing="还没有填写：{label}",
    no_such_choice="没有这个选项，可选的有：{choices}",
    answered_already="这一项已经回答过了。",
    step_gone="这一项已经不在你的清单上了。",
    not_yours="这一项不归你处理。",
    no_journey="你目前没有入职计划。有问题直接问我就好。",
    stopped="好的，以后不再发送入职消息。想继续时发送 `/deskmate onboard resume`。",
    go_on="继续接收",
    gone_on="好的，我们继续。",
    language_is="好的，入职消息以后用中文。",
    zone_is="好的，你的时区是 {zone}，现在是 {time}。",
    zone_unknown="没有“{zone}”这个时区，请写成 Asia/Shanghai、Europe/Berlin 这样的名称。",
    forget_self_ask="要删除你的入职计划、清单和全部回答吗？删除后无法恢复。",
    forget_ask="要删除{name}的入职计划、清单和全部回答吗？删除后无法恢复。",
    forgotten_self="已删除你的入职计划、清单和全部回答。",
    escalated_title="新同事的任务逾期",
    escalated="{name}的“{title}”截止日期是 {date}，还没有完成。",
    escalated_next="请和新同事聊一聊，看看卡在哪里。",
    command="入职清单；人力资源部可为新同事安排入职计划",
    usage=(
        "`/deskmate onboard` 查看清单；`done 3` 完成第 3 项；`later 3` 推迟；`answer 3 …` 回答；"
        "`stop` 停止；`resume` 继续；`zone Asia/Shanghai` 修改时区；`language en` 切换语言"
    ),
    usage_hr=(
        "人力资源部：`/deskmate onboard @某人 [计划] [2026-12-01] [manager @主管] [buddy @伙伴]` "
        "开始；`status [@某人]`、"
        "`report`、"
        "`nudge @某人`、`reassign @某人 buddy @伙伴`、`pause @某人`、`resume @某人`、`end @某人`、"
        "`answers @某人`、`export`、`rehearse [计划] [每天几秒]` 试运行"
    ),
    person_missing="请 @ 一个人，或写成 `slack:U123` 这样的编号。",
    started="已为{name}开始“{title}”，第一天是 {date}。",
    started_already="{name}已经在“{title}”里了（{state}）。",
    rehearsal=(
        "试运行“{title}”：一天相当于 {seconds} 秒，不计入报告。发送 `/deskmate onboard stop` 结束。"
    ),
    journey_unknown="没有“{name}”这个入职计划，现有：{known}",
    journey_none="没有适合{name}的入职计划，请写明用哪一个：{known}",
    date_unreadable="“{date}”不是日期，请写成 2026-12-01。",
    not_on_a_journey="{name}没有入职计划。",
    hr_only="这只有人力资源部和管理员可以用。",
    status_title="入职情况：{count} 人进行中",
    status_none="目前没有人在入职计划中。",
    status_row="第 {day} 天，完成 {done}/{total}",
    status_late="逾期 {count} 项",
    status_stuck="停滞 {days} 天",
    status_more="还有 {count} 人；`/deskmate onboard export` 导出全部",
    state_active="进行中",
    state_paused="已暂停",
    state_finished="已结束",
    state_stopped="本人停止",
    state_ended="已终止",
    column_open="待办",
    column_late="逾期",
    column_next="下一步",
    column_state="状态",
    column_skipped="跳过",
    nudge="提醒一下",
    nudged="已提醒{name}：{count} 项待办。",
    nothing_open="{name}没有待办。",
    pause="暂停",
    paused="{name}的计划已暂停；恢复后，日程顺延。",
    resume="恢复",
    resumed="{name}的计划已恢复。",
    end="终止",
    ended="{name}的计划已终止，不再发送消息。",
    reassigned="{name}的{part}现在是{person}。",
    reassign_usage=(
        "请写成 `/deskmate onboard reassign @新同事 buddy @伙伴`，或把 buddy 换成 manager。"
    ),
    forgotten="已删除 {name} 的入职计划、清单、问题和全部回答（{count} 个计划）。",
    forgotten_nothing="没有 {name} 的入职数据。",
    answers_title="{name}的回答",
    answers_none="没有你可以看的回答。",
    export_title="入职计划导出（CSV）",
    export_note=(
        "显示前 {shown} 行，共 {count} 行；完整文件：`deskmate onboarding export --out FILE`"
    ),
    report_title="“{title}”报告",
    report_people="人数",
    report_people_value="共 {all} 人：{active} 进行中，{finished} 已结束，{left} 停止或终止",
    report_done="完成率",
    report_late="逾期",
    report_steps="每一步的完成率，最低的在前",
    report_quizzes="测验答对率",
    digest_title="新同事周报",
    digest_intro="{active} 人在入职中，本周新增 {new} 人，结束 {finished} 人。",
    digest_attention="需要关注",
    digest_asked="本周问得最多",
    digest_gaps="没有人能回答的",
    digest_asked_row="有 {people} 位新同事问到：{question}",
    digest_none="本周没有新同事提问。",
    broken_title="入职计划文件有错误",
    broken="继续使用上一个正确的版本，直到改好为止：",
)

EN: Final = Texts(
    colleague="dear colleague",
    your_manager="your manager",
    your_buddy="your buddy",
    hr="HR",
    you="you",
    weekdays="Mon Tue Wed Thu Fri Sat Sun",
    first_day="First day",
    time_zone="Time zone",
    hours="I write",
    hours_value="on working days, {begin}–{end}",
    welcome_next=(
        "I will tell you what to do when it is time; `/deskmate onboard` shows your list whenever "
        "you like. Ask me anything right here. Wrong time zone? Send "
        "`/deskmate onboard zone Europe/Berlin`."
    ),
    show_list="My list",
    other_language="In Chinese (中文)",
    stop="Stop these messages",
    day="Day {day}",
    by_date="Until",
    done="Done",
    tomorrow="Tomorrow",
    next_week="Next week",
    read_on="Read on",
    done_by_command="When it is done, send `/deskmate onboard done {number}`",
    answer_by_command="Please send `/deskmate onboard answer {number} your answer`",
    quiz_by_command="Please send `/deskmate onboard answer {number}` and the letter",
    a_line_each="Each answer on a line of its own.",
    send="Send",
    met="We have met",
    for_whom="New colleague",
    name="Name",
    does="Does",
    contact="Contact",
    tip_intro="What other new colleagues asked in week {week}: “{question}”",
    reminder="A reminder: “{title}” is due today.",
    reminder_late="A reminder: “{title}” was due on {date}.",
    list_title="{title}: my list",
    list_progress="Day {day}: {done} of {total} done",
    list_open="To do",
    list_done="Done",
    list_more="and {count} more",
    list_empty="Nothing to do right now; all is well.",
    list_late="overdue",
    done_number="Done {number}",
    later_number="Later {number}",
    open_number="Open {number}",
    ticked="✅ Done: {title}",
    postponed="All right, “{title}” waits until {date}.",
    postponed_enough=(
        "“{title}” has been put off several times and cannot wait any longer; "
        "please do it soon, or talk to HR."
    ),
    quiz_right="✅ That is right.",
    quiz_wrong="Not quite. The right answer is: {answer}",
    thanks="Got it, thank you.",
    read_by="Who can read your answer: {readers}.",
    answer_missing="This is still missing: {label}",
    no_such_choice="There is no such choice; these are: {choices}",
    answered_already="This one is answered already.",
    step_gone="This is no longer on your list.",
    not_yours="This one is not yours to do.",
    no_journey="There is no onboarding plan for you now. Just ask me what you want to know.",
    stopped="All right, no more onboarding messages. `/deskmate onboard resume` brings them back.",
    go_on="Go on",
    gone_on="All right, let's go on.",
    language_is="All right, onboarding in English from now on.",
    zone_is="All right, your time zone is {zone}; it is {time} there.",
    zone_unknown="There is no time zone “{zone}”; write it as Asia/Shanghai or Europe/Berlin.",
    forget_self_ask=(
        "Shall I delete your onboarding plan, list and all your answers? They cannot be brought "
        "back."
    ),
    forget_ask=(
        "Shall I delete the onboarding plan, list and all answers of {name}? They cannot be "
        "brought back."
    ),
    forgotten_self="Your onboarding plan, list and all your answers are deleted.",
    escalated_title="A new colleague's task is overdue",
    escalated="“{title}” of {name} was due on {date} and is not done.",
    escalated_next="Please have a word with them and see what is in the way.",
    command="your onboarding list; HR starts and follows journeys with it",
    usage=(
        "`/deskmate onboard` shows your list; `done 3` ticks off number 3; `later 3` puts it off; "
        "`answer 3 …` answers it; `stop`; `resume`; `zone Europe/Berlin`; `language zh`"
    ),
    usage_hr=(
        "HR: `/deskmate onboard @someone [journey] [2026-12-01] [manager @boss] [buddy @other]` "
        "starts; `status [@someone]`, "
        "`report`, `nudge @someone`, `reassign @someone buddy @other`, `pause @someone`, "
        "`resume @someone`, `end @someone`, `answers @someone`, `export`, "
        "`rehearse [journey] [seconds a day]` tries it out"
    ),
    person_missing="Please mention somebody, or write their id as in `slack:U123`.",
    started="“{title}” has begun for {name}; the first day is {date}.",
    started_already="{name} is on “{title}” already ({state}).",
    rehearsal=(
        "Rehearsing “{title}”: a day takes {seconds} seconds, and no report counts it. "
        "`/deskmate onboard stop` ends it."
    ),
    journey_unknown="There is no journey “{name}”; there are: {known}",
    journey_none="No journey fits {name}; please say which one: {known}",
    date_unreadable="“{date}” is no date; write it as 2026-12-01.",
    not_on_a_journey="{name} is not on a journey.",
    hr_only="This is only for HR and administrators.",
    status_title="Onboarding: {count} on their way",
    status_none="Nobody is on a journey at the moment.",
    status_row="Day {day}, {done} of {total} done",
    status_late="{count} overdue",
    status_stuck="stuck for {days} days",
    status_more="and {count} more; `/deskmate onboard export` has them all",
    state_active="on the way",
    state_paused="paused",
    state_finished="finished",
    state_stopped="stopped by themselves",
    state_ended="ended",
    column_open="To do",
    column_late="Overdue",
    column_next="Next",
    column_state="State",
    column_skipped="Skipped",
    nudge="Nudge",
    nudged="{name} is reminded of what is open: {count}.",
    nothing_open="{name} has nothing to do.",
    pause="Pause",
    paused="{name}'s journey is paused; what is to come moves by as many days.",
    resume="Resume",
    resumed="{name}'s journey goes on.",
    end="End",
    ended="{name}'s journey is ended; nothing more is sent.",
    reassigned="For {name}, {part} is now {person}.",
    reassign_usage="Please write `/deskmate onboard reassign @joiner buddy @other`, or manager.",
    forgotten="All there was of {name} is deleted (journeys: {count}): lists and answers.",
    forgotten_nothing="There is no onboarding of {name}.",
    answers_title="What {name} answered",
    answers_none="There are no answers that you may read.",
    export_title="Onboarding as CSV",
    export_note="The first {shown} of {count} lines; all: `deskmate onboarding export --out FILE`",
    report_title="Report on “{title}”",
    report_people="People",
    report_people_value="{all}: {active} on the way, {finished} finished, {left} stopped or ended",
    report_done="Done",
    report_late="Overdue",
    report_steps="Done by step, the lowest first",
    report_quizzes="Quizzes answered right",
    digest_title="New colleagues this week",
    digest_intro="{active} on the way, {new} new this week, {finished} finished.",
    digest_attention="Needs somebody",
    digest_asked="Asked most",
    digest_gaps="Nobody could answer",
    digest_asked_row="{question} – asked by {people}",
    digest_none="No new colleague asked anything this week.",
    broken_title="A journey file is broken",
    broken="The last good version stays in use until it is repaired:",
)

TEXTS: Final[Mapping[Language, Texts]] = {"zh": ZH, "en": EN}
