"""What a user reads of commands that ask and look, in Chinese and in English.

As in `texts`: a sentence that is missing in one language is a type error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandTexts:
    """The words of one language."""

    # ask
    ask_command: str
    ask_usage: str

    # status
    status_command: str
    status_usage: str
    status_title: str
    status_up: str
    status_partly: str
    status_state: str
    status_version: str
    status_model: str
    status_documents: str
    status_of_yours: str
    status_latest: str
    status_nothing: str
    status_all: str
    status_queue: str
    status_gaps: str
    status_proposals: str
    status_errands: str
    status_parts: str
    status_embedders: str
    status_threshold: str
    status_muted: str
    part_ok: str
    part_late: str
    part_unavailable: str

    # sources
    sources_command: str
    sources_usage: str
    sources_title: str
    sources_none: str
    sources_none_with: str
    sources_page: str
    sources_owner: str
    sources_next: str
    sources_previous: str

    # search
    search_command: str
    search_usage: str
    search_title: str
    search_none: str
    search_answers: str
    search_refuses: str
    search_by: str
    search_tokens: str
    search_reranked: str
    search_likely: str
    search_by_e5: str
    search_by_use: str
    search_by_words: str

    # stats
    stats_command: str
    stats_usage: str
    stats_title: str
    stats_none: str
    stats_questions: str
    stats_answered: str
    stats_refused: str
    stats_verified: str
    stats_helpful: str
    stats_not_helpful: str
    stats_topics: str
    stats_note: str


ZH: Final = CommandTexts(
    ask_command="提一个问题，回答只给您看",
    ask_usage="用法：`/deskmate ask 问题`。回答只有您能看到，依据的是您本人可以阅读的文档。",
    status_command="我现在的状态：版本、模型、文档",
    status_usage="用法：`/deskmate status`。",
    status_title="状态",
    status_up="正常",
    status_partly="部分功能暂时不可用",
    status_state="状态",
    status_version="版本",
    status_model="模型",
    status_documents="您可以阅读的文档",
    status_of_yours="{documents} 篇，{passages} 段",
    status_latest="最近一次更新",
    status_nothing="还没有",
    status_all="全部文档",
    status_queue="等待处理的消息",
    status_gaps="等待回答的问题",
    status_proposals="等待审核的答案",
    status_errands="进行中的任务",
    status_parts="各部分",
    status_embedders="检索模型",
    status_threshold="回答所需的把握",
    status_muted="此频道已静音，设置者：{by}",
    part_ok="正常",
    part_late="响应太慢",
    part_unavailable="不可用",
    sources_command="列出您可以阅读的文档",
    sources_usage="用法：`/deskmate sources [页码] [词语…]`，例如 `/deskmate sources 2 休假`。",
    sources_title="文档（共 {count} 篇）",
    sources_none="没有您可以阅读的文档。",
    sources_none_with="没有标题中包含“{words}”、而您又可以阅读的文档。",
    sources_page="第 {page} 页，共 {pages} 页。",
    sources_owner=" · 负责人 {owner}",
    sources_next="下一页",
    sources_previous="上一页",
    search_command="只检索不回答：找到了什么，为什么",
    search_usage="用法：`/deskmate search 问题`。列出您可以阅读的最相关段落，"
    "以及每一段为什么被找到。",
    search_title="检索结果",
    search_none="在您可以阅读的文档里什么也没有找到。",
    search_answers="把握 {confidence}，达到回答所需的 {least}：我会回答这个问题"
    "（在语言模型复核之前）。",
    search_refuses="把握 {confidence}，低于回答所需的 {least}：我会说不知道"
    "（在语言模型复核之前）。",
    search_by="{name}：排在第 {rank} 位（得分 {score}）",
    search_tokens="逐词比较 {score}",
    search_reranked="精排 {score}",
    search_likely="单凭这一段就能回答的可能性 {likely}",
    search_by_e5="按含义（e5）",
    search_by_use="按含义（use）",
    search_by_words="按词语（BM25）",
    stats_command="每周的提问、回答和反馈",
    stats_usage="用法：`/deskmate stats`。统计最近八周，从左到右每格一周。",
    stats_title="最近八周",
    stats_none="最近八周还没有人提问。",
    stats_questions="提问",
    stats_answered="已回答",
    stats_refused="不知道",
    stats_verified="由人核实的答案",
    stats_helpful="有帮助 👍",
    stats_not_helpful="没帮助 👎",
    stats_topics="问得最多的文档",
    stats_note="每格一周，最后一格是本周；括号内为本周的数字。文档只列出您可以阅读的。",
)

EN: Final = CommandTexts(
    ask_command="ask a question; the answer is for you alone",
    ask_usage="Usage: `/deskmate ask question`. Only you see the answer, which is made of what you "
    "yourself may read.",
    status_command="how I am: version, model, documents",
    status_usage="Usage: `/deskmate status`.",
    status_title="Status",
    status_up="up",
    status_partly="some parts do not answer now",
    status_state="State",
    status_version="Version",
    status_model="Model",
    status_documents="Documents you may read",
    status_of_yours="{documents} with {passages} passages",
    status_latest="Latest change",
    status_nothing="nothing yet",
    status_all="All documents",
    status_queue="Messages waiting",
    status_gaps="Questions waiting for an answer",
    status_proposals="Answers waiting for review",
    status_errands="Work under way",
    status_parts="Parts",
    status_embedders="Search models",
    status_threshold="Certainty needed",
    status_muted="This channel was muted by {by}",
    part_ok="ok",
    part_late="too slow",
    part_unavailable="does not answer",
    sources_command="the documents you may read",
    sources_usage="Usage: `/deskmate sources [page] [words…]`, as in `/deskmate sources 2 leave`.",
    sources_title="Documents ({count})",
    sources_none="There are no documents that you may read.",
    sources_none_with="No document that you may read has “{words}” in its title.",
    sources_page="Page {page} of {pages}.",
    sources_owner=" · owner {owner}",
    sources_next="Next page",
    sources_previous="Previous page",
    search_command="search without answering: what is found, and why",
    search_usage="Usage: `/deskmate search question`. Lists the passages that fit best of those "
    "you may read, and why each was found.",
    search_title="What was found",
    search_none="Nothing was found in what you may read.",
    search_answers="Certainty {confidence}, enough for the {least} that an answer needs: I would "
    "answer this (before the language model has looked).",
    search_refuses="Certainty {confidence}, below the {least} that an answer needs: I would say I "
    "do not know (before the language model has looked).",
    search_by="{name}: place {rank} ({score})",
    search_tokens="token by token {score}",
    search_reranked="reranked {score}",
    search_likely="holds the answer by itself: {likely}",
    search_by_e5="by meaning (e5)",
    search_by_use="by meaning (use)",
    search_by_words="by words (BM25)",
    stats_command="questions, answers and feedback by week",
    stats_usage="Usage: `/deskmate stats`. The last eight weeks; a bar is a week.",
    stats_title="The last eight weeks",
    stats_none="Nobody has asked anything in the last eight weeks.",
    stats_questions="Questions",
    stats_answered="Answered",
    stats_refused="Not known",
    stats_verified="Verified by a person",
    stats_helpful="Helpful 👍",
    stats_not_helpful="Not helpful 👎",
    stats_topics="Asked about most",
    stats_note="A bar is a week, the last one this week, whose figure stands beside it. Only "
    "documents that you may read are named.",
)

COMMAND_TEXTS: Final[Mapping[Language, CommandTexts]] = {"zh": ZH, "en": EN}
