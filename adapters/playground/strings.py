"""The page's own few words, zh and en; what the bot says comes in its cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWords:
    """Every word of the page in one language. {count} and {limit} are filled in by the page."""

    page_title: str
    greeting: str
    promise: str
    has_read: str
    has_read_more: str
    try_asking: str
    placeholder: str
    question_label: str
    send: str
    keys_hint: str
    fresh_start: str
    language_label: str
    thread_label: str
    you: str
    sources: str
    show_source: str
    original: str
    passage: str
    opening: str
    close: str
    latest: str
    choose: str
    sent_form: str
    busy: str
    gone: str
    back: str
    too_long: str
    refused: str
    taken_over: str


ENGLISH: Final = PageWords(
    page_title="Deskmate",
    greeting="What would you like to know?",
    promise="I answer from the documents I was given and show where it says so. "
    "If they don’t say, I tell you.",
    has_read="I have read:",
    has_read_more="and {count} more",
    try_asking="Try asking",
    placeholder="Ask about a rule or a form…",
    question_label="Your question",
    send="Send",
    keys_hint="Enter sends, Shift + Enter starts a new line",
    fresh_start="New conversation",
    language_label="Language of this page",
    thread_label="Conversation",
    you="You",
    sources="Sources",
    show_source="Show source {count}",
    original="Open the document",
    passage="Where it says so",
    opening="Opening the passage …",
    close="Close",
    latest="Latest",
    choose="Choose …",
    sent_form="Sent. Thank you.",
    busy="Deskmate has its hands full right now. Your text is still here; try again in a moment.",
    gone="Deskmate cannot be reached. Is it still running? I keep trying.",
    back="Deskmate is back.",
    too_long="That is too long: {count} of {limit} characters. Please shorten it a little.",
    refused="That did not work. Your text is still here; please reload the page and try again.",
    taken_over="This conversation was paused because others were opened.",
)

CHINESE: Final = PageWords(
    page_title="Deskmate",
    greeting="有什么想了解的？",
    promise="我只依据收到的资料作答，并标明出处；资料里没有写的，我会直接告诉您。",
    has_read="我读过：",
    has_read_more="等，另有 {count} 份",
    try_asking="可以这样问",
    placeholder="问一条制度、一张表单、一个期限……",
    question_label="您的问题",
    send="发送",
    keys_hint="回车发送，Shift + 回车换行",
    fresh_start="新对话",
    language_label="页面语言",
    thread_label="对话",
    you="您",
    sources="出处",
    show_source="查看出处 {count}",
    original="打开原文",
    passage="原文出处",
    opening="正在打开原文……",
    close="关闭",
    latest="最新",
    choose="请选择……",
    sent_form="已提交，谢谢。",
    busy="Deskmate 现在有点忙。您的文字还在，请稍后再试。",
    gone="连接不上 Deskmate，它还在运行吗？正在重试……",
    back="Deskmate 已恢复连接。",
    too_long="内容太长了：{count} 字，上限 {limit} 字，请精简一下。",
    refused="没有成功。您的文字还在，请刷新页面后重试。",
    taken_over="因为打开了其他对话，本对话已暂停。",
)

WORDS: Final[Mapping[str, PageWords]] = {"zh": CHINESE, "en": ENGLISH}
