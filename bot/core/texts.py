"""Every sentence a user reads, in Chinese and in English.

A sentence that is missing in one language is a type error. Names in braces are filled in by
`str.format`; a test checks that both languages use the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The words of one language."""

    # answers
    searching: str
    writing: str
    page: str
    degraded: str
    helpful: str
    not_helpful: str
    ask_person: str

    # no answer
    unknown: str
    unsure: str
    searched: str
    may_help: str
    unknown_next: str
    unknown_name_it: str
    late: str
    busy: str
    error: str
    limited: str
    text_only: str
    too_long: str
    taken_back: str
    shortened: str

    # sources
    open_source: str
    passage_gone: str
    answer_gone: str
    action_gone: str

    # feedback
    noted: str
    press_again: str
    thanks: str
    thanks_reason: str
    sorry: str
    reason_label: str
    reason_wrong: str
    reason_outdated: str
    reason_incomplete: str
    reason_other: str
    correction_label: str
    send: str
    person_asked: str

    # commands
    help_title: str
    help_intro: str
    help_commands: str
    help_command: str
    clear_command: str
    whoami_command: str
    command_unknown: str
    command_refused: str
    cleared: str
    whoami_id: str
    whoami_name: str
    whoami_roles: str
    role_everyone: str
    role_owner: str
    role_hr: str
    role_admin: str


ZH: Final = Texts(
    searching="正在查找资料……",
    writing="正在撰写……",
    page="第 {page} 页",
    degraded="以下为资料原文摘录，未经改写：",
    helpful="👍 有帮助",
    not_helpful="👎 没帮助",
    ask_person="问同事",
    unknown="抱歉，我在知识库里没有找到这个问题的答案。",
    unsure="我没有把握回答这个问题。答案也许就在这些资料里，请您看一看：",
    searched="我查找的是“{question}”。",
    may_help="这些资料也许有用：",
    unknown_next="您可以换个说法，或补充一些细节再问一次；也可以点“问同事”，请人来解答。",
    unknown_name_it="您可以像资料里那样说得具体些（例如“{topic}”），再问一次；也可以点“问同事”，请人来解答。",
    late="抱歉，这个问题我没能及时答完。请稍后再问，或点“问同事”。",
    busy="我暂时查不了知识库。请过一会儿再问。",
    error="抱歉，我这边出了点问题，这次没能完成。请稍后再试。",
    limited="您问得有点快，请 {seconds} 秒后再来。",
    text_only="我暂时只看得懂文字。请把问题写下来发给我。",
    too_long="这段话太长了，我读不完。请用 {characters} 字以内说明您的问题。",
    taken_back="问题已撤回，我就不再查了。",
    shortened="（内容较长，其余部分没有显示。）",
    open_source="查看原文",
    passage_gone="这份资料已不存在，或此处不能查看。",
    answer_gone="我找不到那条回答了。请再问一次。",
    action_gone="这个按钮已经失效。请再问一次。",
    noted="收到",
    press_again="现在有点忙，请过一会儿再点一次。",
    thanks="谢谢您的反馈！",
    thanks_reason="谢谢！您的意见会帮助我们改进知识库。",
    sorry="抱歉没帮上忙。哪里不对？",
    reason_label="原因",
    reason_wrong="内容有误",
    reason_outdated="内容过时",
    reason_incomplete="不够完整",
    reason_other="答非所问",
    correction_label="正确的答案是？（可不填）",
    send="提交",
    person_asked="已记下您的问题，会请同事来解答。",
    help_title="Deskmate 帮助",
    help_intro="直接问我就好，例如“年假有几天？”。我只根据公司资料回答，并附上出处；资料里没有的，我会直说。",
    help_commands="命令：",
    help_command="显示这份帮助",
    clear_command="忘掉我们在这里的对话，重新开始",
    whoami_command="显示您的用户编号和角色",
    command_unknown="没有“{name}”这个命令。",
    command_refused="“{name}”只对有权限的同事开放。",
    cleared="好的，之前的对话我已忘掉，我们重新开始。",
    whoami_id="用户编号",
    whoami_name="姓名",
    whoami_roles="角色",
    role_everyone="员工",
    role_owner="资料负责人",
    role_hr="人事",
    role_admin="管理员",
)

EN: Final = Texts(
    searching="Looking it up…",
    writing="Writing…",
    page="p. {page}",
    degraded="In the documents' own words:",
    helpful="👍 Helpful",
    not_helpful="👎 Not helpful",
    ask_person="Ask a person",
    unknown="Sorry, the knowledge base does not answer this.",
    unsure="I am not sure about this one. The answer may stand here, please have a look:",
    searched="I looked for “{question}”.",
    may_help="These may help:",
    unknown_next="Try other words or more detail, or press “Ask a person”.",
    unknown_name_it=(
        "Try to name it as the documents do (for example “{topic}”), or press “Ask a person”."
    ),
    late="Sorry, this took me too long. Please try again later, or press “Ask a person”.",
    busy="I cannot reach the knowledge base right now. Please ask again in a moment.",
    error="Sorry, something went wrong on my side. Please try again later.",
    limited="That was quick! Please come back in {seconds} s.",
    text_only="I can only read text so far. Please write your question down for me.",
    too_long="That is too long for me. Please put your question in {characters} characters.",
    taken_back="The question was taken back, so I stopped.",
    shortened="(This is long; the rest is not shown.)",
    open_source="Read it",
    passage_gone="This source is gone, or cannot be shown here.",
    answer_gone="I cannot find that answer any more. Please ask again.",
    action_gone="This button no longer works. Please ask again.",
    noted="Got it",
    press_again="I am busy right now. Please press it again in a moment.",
    thanks="Thank you for the feedback!",
    thanks_reason="Thank you! This helps to improve the knowledge base.",
    sorry="Sorry that this did not help. What was wrong?",
    reason_label="Reason",
    reason_wrong="It is wrong",
    reason_outdated="It is out of date",
    reason_incomplete="It is incomplete",
    reason_other="It is not what I asked",
    correction_label="What is the right answer? (optional)",
    send="Send",
    person_asked="Noted. A colleague will be asked to answer you.",
    help_title="Deskmate help",
    help_intro=(
        "Just ask, for example “How many days of leave do I have?”. I answer from the company's "
        "documents and name my sources; what they do not say, I do not know."
    ),
    help_commands="Commands:",
    help_command="show this help",
    clear_command="forget our talk here and start anew",
    whoami_command="show your user id and roles",
    command_unknown="There is no command “{name}”.",
    command_refused="“{name}” is only for those who may use it.",
    cleared="Done: I have forgotten our talk here. Let's start anew.",
    whoami_id="User id",
    whoami_name="Name",
    whoami_roles="Roles",
    role_everyone="colleague",
    role_owner="document owner",
    role_hr="HR",
    role_admin="administrator",
)

TEXTS: Final[Mapping[Language, Texts]] = {"zh": ZH, "en": EN}
