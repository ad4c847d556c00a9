"""Every word of a report, in English with Chinese beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from knowledge.evaluate.cases import Kind


@dataclass(frozen=True, slots=True)
class Words:
    """The same thing said in both languages."""

    en: str
    zh: str


TITLE = Words("Evaluation", "评测报告")
OVERVIEW = Words("All sets", "全部数据集")
OVERALL = Words("All sets together", "合计")
SET = Words("Set", "数据集")
MODE = Words("Mode", "方式")
QUESTIONS = Words("questions", "个问题")
GOAL = Words("Goal", "目标")
MEASURED = Words("Measured", "实测")
INTERVAL = Words("95 % interval", "95% 置信区间")
FIGURES = Words("Figures", "指标")
FIGURE = Words("Figure", "指标")
VALUE = Words("Value", "数值")
CASES = Words("Worst cases", "最差的例子")
NO_CASES = Words("Nothing went wrong.", "没有出错的例子。")
QUESTION = Words("Question", "问题")
CONFIDENCE = Words("Confidence", "置信度")
EXPECTED = Words("Expected", "标准答案")
SAID = Words("Said, or found", "回答或检索结果")
CHANGES = Words("Compared with the last run", "与上次运行比较")
BEFORE = Words("Before", "之前")
NOW = Words("Now", "现在")
DIFFERENCE = Words("Difference", "差异")
BEYOND = Words("beyond the interval", "超出置信区间")
INSIDE = Words("inside the interval", "在置信区间内")
FIRST_RUN = Words(
    "This is the first stored run of these questions.", "这些问题首次运行，无可比较。"
)
WITHOUT = Words("Left out", "去除的部分")
NOTHING = Words("nothing", "无")
UNMEASURED = Words("not measured", "未测")
REASON = Words("Why", "原因")
MADE = Words("Made", "生成时间")

PLOT_RECALL = Words("Recall by rank", "前 k 位召回率")
PLOT_RISK = Words("Risk and coverage", "风险与覆盖率")
PLOT_CALIBRATION = Words("Calibration", "置信度校准")
PLOT_LATENCY = Words("Latency", "延迟分布")
NOTE_RECALL = Words(
    "Share of questions with a right one among the first k; the band is the 95 % interval.",
    "前 k 位中含正确结果的问题占比；色带为 95% 置信区间。",
)
NOTE_RISK = Words(
    "Most confident answers first: how many of those given are wrong. Low and flat is good.",
    "按置信度从高到低：已给出的回答中错误的占比，越低越平越好。",
)
NOTE_CALIBRATION = Words(
    "On the diagonal a confidence means what it says; whiskers are 95 % intervals.",
    "落在对角线上即置信度名副其实；竖线为 95% 置信区间。",
)
NOTE_LATENCY = Words(
    "From question to result, one asker; the last bar has all that is slower.",
    "单个提问者从提问到结果的时间；最后一柱含所有更慢的。",
)
AXIS_K = Words("first k results", "前 k 位")
AXIS_COVERAGE = Words("answerable questions answered", "可答问题的回答率")
AXIS_WRONG = Words("wrong among those given", "错误率")
AXIS_RIGHT = Words("share that is right", "实际正确率")
AXIS_MS = Words("milliseconds", "毫秒")
BY_DOCUMENT = Words("document", "文档")
BY_PASSAGE = Words("passage", "段落")

KINDS: Mapping[Kind, Words] = {
    "wrong": Words("wrong answer", "答错"),
    "refused": Words("refused", "误拒"),
    "missed": Words("not found", "未检索到"),
    "intruded": Words("spoke unasked", "误插话"),
    "silent": Words("stayed silent", "漏答"),
}

_FIGURES: Mapping[str, Words] = {
    "n": Words("questions", "问题数"),
    "n_with_gold": Words("with a gold document", "有标准文档的问题"),
    "n_with_gold_passages": Words("with known gold passages", "有标准段落的问题"),
    "mrr@10": Words("mean reciprocal rank @10", "平均倒数排名"),
    "answered": Words("answered", "已回答"),
    "refused": Words("refused", "拒答"),
    "suggested": Words("refused with places to look", "拒答但给出线索"),
    "suggestion_help": Words("a right place among them", "线索命中率"),
    "coverage": Words("coverage of answerable", "可答覆盖率"),
    "wrong_answers": Words("wrong answers", "错误回答数"),
    "wrong_answer_rate": Words("wrong answer rate", "错误率"),
    "refusal_precision": Words("refusal precision", "拒答准确率"),
    "refusal_recall": Words("refusal recall", "拒答召回率"),
    "refusal_f1": Words("refusal F1", "拒答 F1"),
    "balanced_accuracy": Words("balanced accuracy", "平衡准确率"),
    "n_pairs": Words("pairs that mean the same", "同义问题对"),
    "consistency": Words("consistency of such pairs", "同义问题一致性"),
    "risk_coverage_area": Words("area under risk-coverage", "风险覆盖曲线面积"),
    "calibration_error": Words("calibration error (ECE)", "校准误差"),
    "engaged": Words("answered unasked", "主动应答"),
    "engage_precision": Words("engage precision", "应答准确率"),
    "engage_recall": Words("engage recall", "应答召回率"),
    "engage_f1": Words("engage F1", "应答 F1"),
    "engage_recall@precision90": Words("recall at precision ≥ .90", "准确率 ≥ .90 时的召回率"),
    "engage_threshold@precision90": Words("its threshold", "对应阈值"),
    "prompt_tokens": Words("tokens read", "读入词元"),
    "completion_tokens": Words("tokens written", "生成词元"),
}


def figure_words(name: str) -> Words:
    """What a figure is called; its own name where it has no other."""
    if name in _FIGURES:
        return _FIGURES[name]
    kind, _, rank = name.partition("@")
    match kind:
        case "recall":
            return Words(f"document recall@{rank}", f"文档召回率@{rank}")
        case "passage_recall":
            return Words(f"passage recall@{rank}", f"段落召回率@{rank}")
        case "p50_ms" | "p95_ms" | "p99_ms":
            return Words(f"{kind[:3]} time, ms", f"{kind[:3]} 耗时（毫秒）")
        case _:
            return Words(name, "")
