"""Should a message in a group be answered though nobody asked the bot?

A helpful colleague speaks up where two things hold: somebody asks the room, and it is about what
they know. The first is read off the message's manner, by a few signs that Chinese and English have
in common; the second off how near the best passages are. Each is a small logistic model of its own,
fitted where nothing else differs, so that neither learns which set a line came from. The weights
come with the package; `tests/benchmarks/engage.py` fits them. Whether the passages really hold the
answer is decided later, by what answers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol

from knowledge.language import HAN
from knowledge.logistic import Logistic
from knowledge.model import EVERYONE, Hit
from knowledge.quantities import fold

_LINK = re.compile(r"(?:https?://|www\.)\S+")
# Platforms write a sticker as [捂脸], :smile: or a picture character.
_DECORATION = re.compile(
    r"\[[^\[\]\s]{1,6}\]|:[a-z_+]{2,20}:|[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]"
    r"|(?<!\w)[:;]-?[()dpo/|](?!\w)|\^_?\^"
)
_WORD = re.compile(r"[a-z][a-z0-9._+#/'-]*[a-z0-9+#]|[a-z]")
_HAN = re.compile(f"[{HAN}]")
_HAN_A_WORD = 1.6
"""Chinese characters to a word, about."""

_ASKS = re.compile(
    r"怎么|怎样|咋|如何|为什么|为啥|为何|什么|啥|哪|谁(?!都)|多少|几[个种天次年月号点块张步层位条]"
    r"|多[久大长快高远]|吗|么\s*(?:[?。,]|$)|呢|是否|有没有|[能可]否|有无|区别|(\w)[不没]\1"
    r"|\b(?:how|what|why|where|when|which|who|whom|whose)\b"
    r"|^(?:is|are|am|was|were|do|does|did|can|could|may|should|would|will|has|have|any)\b"
    r"|\b(?:is|are) there\b|\b(?:can|could|should|do|does) (?:i|we|it|one|any|some)"
)
_SEEKS = re.compile(
    r"请问|求助|请教|求[解教问帮指推]|有(?:没有)?(?:人|谁|大佬|大神|老师|朋友|同学|同事|小伙伴|哪位)"
    r"|谁(?:知道|有|会|用过|遇到|能|懂)|哪位|帮[忙我看下]|想[问请了知]|问(?:一)?下|问[个问]|咨询"
    r"|大佬们|各位|大家[有知遇]|推荐|怎么[办解处回弄搞]|如何[解处]"
    r"|\b(?:any|some)(?:one|body)\b|\bhelp\b|\bplease\b|\bhow (?:do|can|to|would|should)\b"
    r"|\btrying to\b|\b(?:i|we) (?:want|need|would like)\b|\bquestion\b|\bwonder"
    r"|\bis there (?:a|an|any)\b|\brecommend|\bany (?:idea|pointer|suggestion|way)"
)
_TROUBLE = re.compile(
    r"报错|错误|出错|失败|无法|用不了|不能|不了|没反应|异常|崩溃|卡[住死在]|打不开|连不上|找不到"
    r"|不支持|不生效|有问题|遇到|出现|不对|不一致|error\b|\bexception|\bfail|\bcan(?:no|')?t\b"
    r"|\bdoes(?:n't| not)\b|\bnot working|\bwon't\b|\bunable\b|\btraceback|\bcrash|\bwarning\b"
    r"|\bproblem\b|\bissue\b|\bstuck\b|\bbroken\b|\bmissing\b|\bnot found\b"
)
_SMALL_TALK = re.compile(
    r"哈+|嘿+|呵+|嘻+|嗯+|哦+|噢+|呃+|啊+|哎+|唉+|哇+|谢+[啦了你您]?|多谢|感谢|好[的吧滴嘞呀了]"
    r"|收到|明白|了解了|懂了|知道了|没事|没关系|不客气|牛[逼批啊]?|厉害|赞+|6{2,}|早上?好|晚安"
    r"|[下晚]午?上?好|大家好|[你您]好|欢迎|恭喜|加油|辛苦了?|再见|拜拜|笑死|确实"
    r"|\b(?:lol+|lmao|(?:ha)+h?|hehe+|hm+|ok(?:ay)?|ye[sp]|yeah|no|nope|thanks?|thank you|thx|ty"
    r"|cool|nice|great|good|morning|night|bye|hi|hello|hey|sorry|np|welcome|sure|right|wow|oh|ah"
    r"|well|brb|cheers|emm+|btw|guys)\b"
)
_POINTS_BACK = re.compile(
    r"这[个种样些里]|那[个种样些里]|它|他|她|上面|刚[才刚]|前面|\b(?:that|it|this|th[eo]se|them|s?he)\b"
)
_TO_ONE = re.compile(r"[你您](?!们|好)|(?<!can )(?<!could )(?<!thank )\byou(?:'re|r)?\b(?! guys)")
_REPLIES = re.compile(
    r"^(?:那|是的|对|不是|嗯|可以|没有?|因为|应该|我[觉也]|感觉|估计|可能|所以|然后|但|不过|其实|就是"
    r"|还是|也|直接|试试|建议)|^(?:ye[sp]|yeah|no|nope|not|maybe|try|but|and|so|because|then|or|ok"
    r"|oh|ah|well|also|i think|you)\b|^[a-z0-9_-]{2,16}[,:] |^@"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngageModel:
    """When to speak unasked.

    asked: from `manner`, that a message asks everybody in the room.
    about: from `nearness`, that it is about what the knowledge base has.
    least_probability: of both together, see `Engaging.probability`.
    """

    asked: Logistic
    about: Logistic
    least_probability: float


def load_engage_model(embedders: str) -> EngageModel:
    """The model that was fitted for these embedders, named as in `e5-small+use-multilingual`."""
    file = files("knowledge") / "engage_models" / f"{embedders}.json"
    fields = json.loads(file.read_text(encoding="utf-8"))
    return EngageModel(
        asked=Logistic(**fields["asked"]),
        about=Logistic(**fields["about"]),
        least_probability=fields["least_probability"],
    )


def nearness(hits: Sequence[Hit]) -> dict[str, float]:
    """How near the best of the passages found are, by name; each roughly in [0, 1].

    - `e5`, `use`: the best cosine of any hit; 0 where that embedder is not used.
    - `bm25`: logarithm of the best score. Unlike a share of words that occur, it does not fall with
      what people say around their question.
    """
    return {
        "e5": _best("e5", hits),
        "use": _best("use", hits),
        "bm25": math.log1p(_best("bm25", hits)) / 5.0,
    }


def manner(message: str, *, talking: bool = False) -> dict[str, float]:
    """What the message itself shows, by name; each in [0, 1].

    - `asks`: it has the form of a question. A mark alone says so too, but two of three questions in
      Chinese groups have none, so it is no sign of its own.
    - `seeks`: it asks everybody, or for help, as in 请问 or "does anyone".
    - `trouble`: something does not work.
    - `length`: logarithm of the number of words that are no small talk.
    - `points_back`: it leans on what was said before, as "it" and 这个 do.
    - `to_one`: it speaks to one person; `replies`: it begins as answers do.
    - `talking`: whoever writes it wrote a moment ago, and so is in the midst of a talk.
    """
    text = _DECORATION.sub(" ", _LINK.sub(" ", fold(message))).strip()
    words = _words(_SMALL_TALK.sub(" ", text))
    return {
        "asks": float(words > 0 and ("?" in text or bool(_ASKS.search(text)))),
        "seeks": float(bool(_SEEKS.search(text))),
        "trouble": float(bool(_TROUBLE.search(text))),
        "length": min(math.log1p(words) / 4.0, 1.0),
        "points_back": float(bool(_POINTS_BACK.search(text))),
        "to_one": float(bool(_TO_ONE.search(text))),
        "replies": float(bool(_REPLIES.search(text))),
        "talking": float(talking),
    }


def asks(text: str) -> bool:
    """Whether a text has the form of a question, with a question mark or without."""
    return _ASKS.search(fold(text)) is not None


class Retriever(Protocol):
    """Finds passages, as `knowledge.retrieve.Hybrid` does."""

    async def retrieve(self, text: str, *, audience: frozenset[str]) -> tuple[Hit, ...]:
        """Find the passages this audience may read that fit a text, best first."""
        ...


class Engaging:
    """Decides which messages of a group are answered unasked."""

    def __init__(self, *, retriever: Retriever, model: EngageModel) -> None:
        self._retriever = retriever
        self._model = model

    async def engages(
        self,
        message: str,
        *,
        audience: frozenset[str] = frozenset({EVERYONE}),
        talking: bool = False,
    ) -> bool:
        """Whether to answer, if the answer then is known. For chatter nothing is searched.

        talking: whoever writes it is in the midst of a talk.

        Raises:
            EngineUnavailable: an embedder or reranker broke.
            StoreUnavailable: nothing could be searched.
        """
        if not self.is_enough(self._asking(message, talking)):
            return False
        hits = await self._retriever.retrieve(message, audience=audience)
        return self.is_enough(self.probability(message, hits, talking=talking))

    def is_enough(self, probability: float) -> bool:
        """Whether to speak up at this probability."""
        return probability >= self._model.least_probability

    def probability(self, message: str, hits: Sequence[Hit], *, talking: bool = False) -> float:
        """That it is about these passages, discounted where the room is hardly asked."""
        if not hits:
            return 0.0
        return self._asking(message, talking) * self._model.about.probability(nearness(hits))

    def _asking(self, message: str, talking: bool) -> float:
        """In (0, 1]. From even odds on it is enough: how politely one asks should not count."""
        return min(1.0, 2.0 * self._model.asked.probability(manner(message, talking=talking)))


def _best(signal: str, hits: Sequence[Hit]) -> float:
    return max((hit.signals.get(signal, 0.0) for hit in hits), default=0.0)


def _words(text: str) -> float:
    return len(_HAN.findall(text)) / _HAN_A_WORD + len(_WORD.findall(text))
