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
    in_line: str
    page: str
    degraded: str
    crowded: str
    helpful: str
    not_helpful: str
    ask_person: str

    # no answer
    unknown: str
    unsure: str
    searched: str
    may_help: str
    unknown_next: str
    two_languages: str
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
    votes_enough: str
    vote_closed: str
    sorry: str
    reason_label: str
    reason_wrong: str
    reason_outdated: str
    reason_incomplete: str
    reason_other: str
    correction_label: str
    send: str
    person_asked: str
    nobody_to_ask: str

    # the knowledge loop
    verified: str
    similar: str
    offered: str
    show_offered: str

    everybody: str
    readers: str
    sources: str
    wordings: str
    expert_title: str
    expert_intro: str
    expert_reminder: str
    expert_found: str
    answer_label: str
    answer_by_command: str
    not_mine: str
    close_gap: str
    told: str
    not_yours: str
    gap_gone: str
    gap_done: str
    gap_closed: str
    answer_empty: str
    passed_on: str
    waits_for_approval: str

    teach_title: str
    question_label: str
    taught: str
    taught_told: str
    undo: str
    undone: str
    undone_gone: str
    forgotten: str
    forget_which: str
    forget_it: str
    forget_none: str
    curated_gone: str

    gaps_title: str
    gaps_intro: str
    gaps_none: str
    gap_row: str
    gap_asked: str
    gap_open: str
    answer_it: str
    review_title: str
    review_none: str
    proposal_kind: str
    proposal_by: str
    proposal_expert: str
    proposal_correction: str
    proposal_promotion: str
    proposal_import: str
    proposal_mined: str
    proposal_doubted: str
    proposal_wording: str
    accept: str
    reject: str
    edit_label: str
    accept_edited: str
    rejected: str
    decided_already: str

    eval_title: str
    eval_none: str
    eval_started: str
    eval_right: str
    eval_refused: str
    eval_wrong: str
    eval_chart: str
    eval_better: str
    eval_worse: str
    eval_note: str
    eval_dropped: str

    # what is no longer fresh
    stale_title: str
    stale_none: str
    stale_looking: str
    hushed: str
    stale_suspicious: str
    stale_ignored: str
    stale_contradictions: str
    stale_overdue: str
    stale_duplicates: str
    stale_differs: str
    stale_due: str
    stale_shared: str
    stale_places: str
    stale_curated: str
    stale_more: str

    # commands
    help_title: str
    help_intro: str
    help_commands: str
    help_command: str
    clear_command: str
    whoami_command: str
    gaps_command: str
    review_command: str
    teach_command: str
    forget_command: str
    stale_command: str
    eval_command: str
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
    in_line="现在提问的人比较多，您排在第 {place} 位。请先看资料原文，轮到您时我再接着写……",
    page="第 {page} 页",
    degraded="以下为资料原文摘录，未经改写：",
    crowded="现在提问的人很多，为了不让您久等，先给您资料原文；过一会儿再问，我可以说得更顺些：",
    helpful="👍 有帮助",
    not_helpful="👎 没帮助",
    ask_person="问同事",
    unknown="抱歉，我在知识库里没有找到这个问题的答案。",
    unsure="我没有把握回答这个问题。答案也许就在这些资料里，请您看一看：",
    searched="我查找的是“{question}”。",
    may_help="离这个问题最近的资料，不一定有答案：",
    two_languages="我只看得懂中文和英文，请用其中一种语言再问一次。",
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
    votes_enough="谢谢！您今天已经评价了很多回答，这一次就不再计入了，明天欢迎继续。",
    vote_closed="谢谢！这个回答的出处已有变化，或您无权查看全部出处，所以这次评价没有计入。",
    sorry="抱歉没帮上忙。哪里不对？",
    reason_label="原因",
    reason_wrong="内容有误",
    reason_outdated="内容过时",
    reason_incomplete="不够完整",
    reason_other="答非所问",
    correction_label="正确的答案是？（可不填）",
    send="提交",
    person_asked="已记下您的问题，正在请同事解答，有答复就告诉您。",
    nobody_to_ask="已记下您的问题。目前还没有指定由谁来解答，管理员会看到它。",
    similar="没有找到完全相同的问题，这是“{question}”的已核实答案：",
    offered="您想问的也许是下面的问题，它们有已核实的答案：",
    show_offered="看答案 {number}",
    verified="由 {name} 于 {date} 核实",
    everybody="所有员工",
    readers="谁能看到",
    sources="出处",
    wordings="也这样问",
    expert_title="同事有个问题想请教您",
    expert_intro=(
        "知识库里没有找到答案，有 {count} 次提问在等。您知道吗？"
        "您的回复会发给提问的同事，并留给以后问同样问题的人。"
    ),
    expert_reminder="提醒一下：这个问题还在等您的答复（已被问 {count} 次）。",
    expert_found="我找到的相关资料",
    answer_label="答案",
    answer_by_command="请这样回复我（把省略号换成答案）：",
    not_mine="不归我管",
    close_gap="无需回答",
    told="{name}，您之前问过“{question}”，现在有答案了：",
    not_yours="这个问题由其他同事负责，您不能处理。",
    gap_gone="我找不到这个问题了。",
    gap_done="这个问题已经处理过了，谢谢！",
    gap_closed="好的，这个问题不再追问。",
    answer_empty="答案是空的，请写几句再提交。",
    passed_on="好的，我去问别的同事。",
    waits_for_approval="谢谢！管理员确认后就会发给提问的同事。",
    teach_title="教我一个答案",
    question_label="问题",
    taught="记住了。以后有人这样问，我就这样答：",
    taught_told="记住了，也已告诉提问的同事（{count} 条提问）。",
    undo="撤销",
    undone="已撤销，恢复为之前的答案。",
    undone_gone="已撤销，这个答案不再使用。",
    forgotten="“{question}”的答案我不再使用了。",
    forget_which="要忘掉哪一个？",
    forget_it="忘掉它",
    forget_none="没有找到这样的已核实答案。",
    curated_gone="这个答案已经不在了。",
    gaps_title="还没有答案的问题",
    gaps_intro="共有 {count} 个问题在等答案，问得最多的在前：",
    gaps_none="目前没有等待答案的问题。",
    gap_row="{people} 人问过 {asks} 次 · {state}",
    gap_asked="已请教 {name}",
    gap_open="还没有请教任何人",
    answer_it="我来回答",
    review_title="待确认（{count}）",
    review_none="没有需要确认的内容。",
    proposal_kind="来源",
    proposal_by="作者",
    proposal_expert="同事的答复",
    proposal_correction="对回答的更正",
    proposal_promotion="多人认可的回答",
    proposal_import="导入的问答",
    proposal_mined="从资料整理的问答",
    proposal_doubted="多位同事认为没有帮助的已核实回答，已暂停使用",
    proposal_wording="同事认为这样问也是同一个问题",
    accept="采用",
    reject="不采用",
    edit_label="修改后的答案",
    accept_edited="修改并采用",
    rejected="好的，不采用。",
    decided_already="已经有人处理过了。",
    stale_title="需要更新的资料",
    stale_none="由您负责的资料里，没有过期、重复、互相矛盾或可疑的内容。",
    stale_looking="正在比对资料，清单稍后发给您。",
    hushed="好的，我先安静一会儿。需要时 @我 就行。",
    stale_suspicious="像是在指挥机器人的文字（{count} 处）",
    stale_ignored="回答时不会采用这段文字。若不该有，请改掉；若本该如此，请换一种说法。",
    stale_contradictions="互相矛盾（{count} 处）",
    stale_overdue="已过复核日期（{count} 份）",
    stale_duplicates="内容重复（{count} 组）",
    stale_differs="不同之处：“{one}”与“{other}”",
    stale_due="应在 {date} 前复核",
    stale_shared="{count} 段内容相同",
    stale_places="另有 {count} 份资料",
    stale_curated="已核实的答案“{question}”",
    stale_more="……还有 {count} 项。",
    help_title="Deskmate 帮助",
    help_intro="直接问我就好，例如“年假有几天？”。我只根据公司资料回答，并附上出处；资料里没有的，我会直说。",
    help_commands="命令：",
    help_command="显示这份帮助",
    clear_command="忘掉我们在这里的对话，重新开始",
    whoami_command="显示您的用户编号和角色",
    gaps_command="查看还没有答案的问题",
    review_command="确认待采用的答案",
    teach_command="教我一个答案：/deskmate teach 问题 | 答案",
    forget_command="忘掉一个已核实的答案",
    stale_command="查看过期、重复或互相矛盾的资料",
    eval_command="用已核实的答案做测试",
    eval_title="测试集：{count} 个已核实的问题",
    eval_none="还没有已核实的答案，所以没有可测的内容。",
    eval_started="开始测试 {count} 个问题，完成后把结果发给您。",
    eval_right="资料给出同样答案",
    eval_refused="资料里找不到",
    eval_wrong="资料给出别的答案",
    eval_chart="历次结果",
    eval_better="变好了",
    eval_worse="变差了",
    eval_note="已核实的答案总会优先给出；这里看的是资料本身能否得出同样的答案。",
    eval_dropped="资料、模型或阈值变了以后，测试结果变差了，请看一看：",
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
    in_line="Many are asking right now: you are number {place} in line. Here is what the documents "
    "say; I go on when it is your turn…",
    page="p. {page}",
    degraded="In the documents' own words:",
    crowded="Many are asking right now. So that you need not wait, here are the documents' own "
    "words; asked a little later, I can put it better:",
    helpful="👍 Helpful",
    not_helpful="👎 Not helpful",
    ask_person="Ask a person",
    unknown="Sorry, the knowledge base does not answer this.",
    unsure="I am not sure about this one. The answer may stand here, please have a look:",
    searched="I looked for “{question}”.",
    may_help="The nearest pages, which may not answer it:",
    two_languages="I understand English and Chinese only; please ask again in one of them.",
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
    votes_enough="Thank you! You have rated many answers today, so this one is not counted. "
    "Tomorrow you are welcome again.",
    vote_closed="Thank you! The sources of this answer have changed, or not all of them are open "
    "to you, so this vote is not counted.",
    sorry="Sorry that this did not help. What was wrong?",
    reason_label="Reason",
    reason_wrong="It is wrong",
    reason_outdated="It is out of date",
    reason_incomplete="It is incomplete",
    reason_other="It is not what I asked",
    correction_label="What is the right answer? (optional)",
    send="Send",
    person_asked="I have asked a colleague and will tell you what they say.",
    nobody_to_ask="Noted. Nobody is in charge of such questions yet; administrators will see it.",
    similar="I do not know this for sure. To a similar question, “{question}”, this was verified:",
    offered="Perhaps you mean one of these, to which there is a verified answer:",
    show_offered="Show answer {number}",
    verified="Verified by {name} on {date}",
    everybody="everybody",
    readers="Who may read it",
    sources="Sources",
    wordings="Also asked as",
    expert_title="A colleague needs your help",
    expert_intro=(
        "The knowledge base has no answer to this (asked {count}×). Do you know? "
        "Your reply goes to those who asked, and to whoever asks next."
    ),
    expert_reminder="A reminder: this still waits for you (asked {count}×).",
    expert_found="The nearest I found",
    answer_label="Answer",
    answer_by_command="Please answer like this, with the answer in place of the dots:",
    not_mine="Not mine",
    close_gap="Needs no answer",
    told="{name}, you asked “{question}”. Here is the answer:",
    not_yours="Other colleagues look after this, so you cannot change it.",
    gap_gone="I cannot find this question any more.",
    gap_done="This is settled already, thank you!",
    gap_closed="All right, nobody will be asked about it any more.",
    answer_empty="The answer is empty. Please write a few words and send it again.",
    passed_on="All right, I will ask somebody else.",
    waits_for_approval=(
        "Thank you! It goes to those who asked once an administrator has approved it."
    ),
    teach_title="Teach me an answer",
    question_label="Question",
    taught="Learnt. From now on I answer this:",
    taught_told="Learnt, and told to those who asked (questions: {count}).",
    undo="Undo",
    undone="Undone: the answer from before is back.",
    undone_gone="Undone: this answer is no longer given.",
    forgotten="I no longer give the answer to “{question}”.",
    forget_which="Which one should I forget?",
    forget_it="Forget it",
    forget_none="There is no such verified answer.",
    curated_gone="This answer is gone already.",
    gaps_title="Questions without an answer",
    gaps_intro="Questions that wait for an answer: {count}, the most asked first.",
    gaps_none="No question waits for an answer.",
    gap_row="asked {asks}× · people: {people} · {state}",
    gap_asked="{name} was asked",
    gap_open="nobody was asked yet",
    answer_it="Answer it",
    review_title="To approve ({count})",
    review_none="Nothing waits for approval.",
    proposal_kind="Where it comes from",
    proposal_by="By",
    proposal_expert="a colleague's reply",
    proposal_correction="a correction of an answer",
    proposal_promotion="an answer that several people found helpful",
    proposal_import="an imported question and answer",
    proposal_mined="found in documents",
    proposal_doubted="a verified answer that several people found wrong; it is not given any more",
    proposal_wording="another wording to which this was said to be the answer",
    accept="Accept",
    reject="Reject",
    edit_label="The answer in better words",
    accept_edited="Accept with changes",
    rejected="All right, it is not used.",
    decided_already="Somebody has decided this already.",
    stale_title="To bring up to date",
    stale_none="Nothing you look after is overdue, said twice, contradicted or suspicious.",
    stale_looking="I am comparing the documents; the list follows.",
    hushed="All right, I will be quiet for a while. Mention me when you need me.",
    stale_suspicious="Words that give orders to a bot ({count})",
    stale_ignored="No answer is made from these words. Take them out, or word them for readers.",
    stale_contradictions="At odds with each other ({count})",
    stale_overdue="Past their review ({count})",
    stale_duplicates="Said twice ({count})",
    stale_differs="They differ: “{one}” and “{other}”",
    stale_due="to be reviewed by {date}",
    stale_shared="the same passages: {count}",
    stale_places="further documents: {count}",
    stale_curated="Verified answer to “{question}”",
    stale_more="… and {count} more.",
    help_title="Deskmate help",
    help_intro=(
        "Just ask, for example “How many days of annual leave do I get?”. I answer from the "
        "company's documents and name my sources; what they do not say, I do not know."
    ),
    help_commands="Commands:",
    help_command="show this help",
    clear_command="forget our talk here and start anew",
    whoami_command="show your user id and roles",
    gaps_command="show questions without an answer",
    review_command="approve answers",
    teach_command="teach me an answer: /deskmate teach question | answer",
    forget_command="forget a verified answer",
    stale_command="show what is overdue, said twice or contradicted",
    eval_command="test the documents against verified answers",
    eval_title="Test set (verified questions: {count})",
    eval_none="Nothing is verified yet, so there is nothing to test.",
    eval_started="Testing the verified questions ({count}); the result follows.",
    eval_right="The documents say the same",
    eval_refused="The documents do not say",
    eval_wrong="The documents say something else",
    eval_chart="Run by run",
    eval_better="Better",
    eval_worse="Worse",
    eval_note=(
        "Verified answers are always given first; "
        "this shows whether the documents alone lead to the same."
    ),
    eval_dropped="Documents, model or threshold changed, and the test set got worse:",
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
