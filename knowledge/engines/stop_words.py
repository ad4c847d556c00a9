"""Words that say nothing about what a text is about, folded."""

from __future__ import annotations

ENGLISH_STOP_WORDS = frozenset(
    """
    a about above after again against all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each few for from further get
    had has have having he her here hers herself him himself his how i if in into is it its itself
    just let ll may me might more most must my myself no nor not now of off on once only or other
    our ours ourselves out over own please re s same shall she should so some such t than that the
    their theirs them themselves then there these they this those through to too under until up upon
    us ve very was we were what when where which while who whom whose why will with would you your
    yours yourself yourselves
    """.split()
)

CHINESE_STOP_WORDS = frozenset(
    """
    的 了 吗 呢 吧 啊 呀 么 嘛 是 在 和 与 及 或 也 都 就 还 又 而 且 但 则 之 其 此 该 各
    每 把 被 让 对 从 到 于 为 以 由 向 给 跟 我 你 您 他 她 它 们 这 那 哪 什 怎 谁 几 些
    个 很 太 更 最 着 过 得 地 所 等 请 问 如 若 因 何 我们 你们 您们 他们 她们 它们 这个
    那个 这些 那些 这种 那种 哪个 哪些 什么 怎么 怎样 怎么样 如何 请问 是否 以及 或者 并且
    而且 但是 因为 所以 如果 的话 一个 一下 这是 那是 还是 就是 不是 是不是 有没有 能不能 可不可以
    """.split()
)
