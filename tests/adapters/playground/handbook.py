"""A small handbook with questions, answers and passages, in Chinese and English."""

from __future__ import annotations

from adapters.playground.settings import PlaygroundSettings
from knowledge.model import Answer, Citation, Outcome, Passage
from tests.adapters.playground.desk import Script

LEAVE_ZH = "入职满一年可以休几天年假？"
LEAVE_EN = "How many days of annual leave do I get?"
HOSTILE = "What does the hostile page say?"

_LEAVE_ZH_PASSAGE = Passage(
    id="handbook_zh#leave-1",
    document_id="handbook_zh",
    title="员工手册",
    uri="https://intranet.example/handbook/zh#leave",
    language="zh",
    heading_path=("休假", "年休假"),
    page=12,
    text="年休假按累计工作年限计算。\n\n**员工累计工作满 1 年不满 10 年的，年休假 5 天；"
    "满 10 年不满 20 年的，年休假 10 天；**满 20 年的，年休假 15 天。\n\n"
    "国家法定休假日、休息日不计入年休假的假期。年休假在一个年度内可以集中安排，也可以分段安排，"
    "一般不跨年度安排。\n\n| 累计工作年限 | 年休假 |\n|---|---:|\n| 1–10 年 | 5 天 |\n"
    "| 10–20 年 | 10 天 |\n| 20 年以上 | 15 天 |",
)
_CARRY_ZH_PASSAGE = Passage(
    id="handbook_zh#leave-2",
    document_id="handbook_zh",
    title="休假流程",
    uri="",
    language="zh",
    heading_path=("申请",),
    text="请在 OA 系统中提前三个工作日提交申请，由直属主管审批。",
)
_LEAVE_EN_PASSAGE = Passage(
    id="handbook_en#leave-1",
    document_id="handbook_en",
    title="Employee handbook",
    uri="https://intranet.example/handbook/en#leave",
    language="en",
    heading_path=("Time off", "Annual leave"),
    page=7,
    text="Annual leave is counted by calendar year.\n\nFull-time employees receive **25 days** of "
    "paid annual leave per calendar year. In the first year it is granted in proportion to the "
    "months worked.\n\nUp to five unused days may be carried over until 31 March. Ask your "
    "manager before the end of November.",
)

_CITE_ZH = (
    Citation(
        marker=1,
        passage_id=_LEAVE_ZH_PASSAGE.id,
        document_id="handbook_zh",
        title="员工手册",
        uri=_LEAVE_ZH_PASSAGE.uri,
        heading_path=("休假", "年休假"),
        page=12,
        quote="员工累计工作满 1 年不满 10 年的，年休假 5 天；满 10 年不满 20 年的，年休假 10 天；",
    ),
    Citation(
        marker=2,
        passage_id=_CARRY_ZH_PASSAGE.id,
        document_id="handbook_zh",
        title="休假流程",
        uri="",
        heading_path=("申请",),
        quote="请在 OA 系统中提前三个工作日提交申请",
    ),
)
_CITE_EN = (
    Citation(
        marker=1,
        passage_id=_LEAVE_EN_PASSAGE.id,
        document_id="handbook_en",
        title="Employee handbook",
        uri=_LEAVE_EN_PASSAGE.uri,
        heading_path=("Time off", "Annual leave"),
        page=7,
        quote="Full-time employees receive **25 days** of paid annual leave per calendar year.",
    ),
)

HOSTILE_TEXT = (
    "Press <img src=x onerror=\"document.title='owned'\"> or "
    "<script>document.title='owned'</script> and "
    "[this](javascript:document.title='owned') or [that](data:text/html,x) [1].\n\n"
    "[good](https://example.com/a?b=c) ![picture](https://evil.example/leak.png)\n\n"
    "שלום עולם — مرحبا بالعالم\n\n```html\n<b onclick=alert(1)>code</b>\n```"
)

SCRIPTS = {
    LEAVE_ZH: Script(
        answer=Answer(
            outcome=Outcome.GROUNDED,
            text="满一年后，您每年有 **5 天**年休假；满 10 年为 10 天，满 20 年为 15 天 [1]。\n\n"
            "**申请方式：**提前三个工作日在 OA 系统中提交，由直属主管审批 [2]。",
            language="zh",
            confidence=0.93,
            citations=_CITE_ZH,
        ),
        cuts=(8, 20, 34),
    ),
    LEAVE_EN: Script(
        answer=Answer(
            outcome=Outcome.GROUNDED,
            text="Full-time employees get **25 days** of paid annual leave per calendar year [1]. "
            "In your first year you receive it in proportion to the months you worked.\n\n"
            "- Up to **five** unused days move to the next year\n"
            "- They must be used by 31 March [1]",
            language="en",
            confidence=0.91,
            citations=_CITE_EN,
        ),
        cuts=(20, 60, 110),
    ),
    HOSTILE: Script(
        answer=Answer(
            outcome=Outcome.GROUNDED,
            text=HOSTILE_TEXT,
            language="en",
            confidence=0.5,
            citations=(
                Citation(
                    marker=1,
                    passage_id="hostile#1",
                    document_id="hostile",
                    title="<img src=x onerror=\"document.title='owned'\">",
                    uri="javascript:document.title='owned'",
                    quote="<script>document.title='owned'</script>",
                ),
            ),
        ),
    ),
}

PASSAGES = {
    passage.id: passage for passage in (_LEAVE_ZH_PASSAGE, _CARRY_ZH_PASSAGE, _LEAVE_EN_PASSAGE)
}

SETTINGS = PlaygroundSettings(
    examples_zh=(LEAVE_ZH, "出差住宿费的报销上限是多少？", "新员工第一天要带什么？"),
    examples_en=(LEAVE_EN, "What is the hotel limit on a business trip?", "Who fixes my laptop?"),
    knows_zh=("员工手册", "差旅报销制度", "信息安全规定", "入职指南"),
    knows_en=("Employee handbook", "Travel and expenses", "IT and security", "First week"),
)
