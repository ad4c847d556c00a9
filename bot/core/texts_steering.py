"""What a user reads of commands that change something, in Chinese and in English.

As in `texts`: a sentence that is missing in one language is a type error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class SteeringTexts:
    """The words of one language."""

    # confirmation
    confirm: str
    confirm_typed: str

    # forget
    forget_ask: str

    # ingest
    ingest_command: str
    ingest_usage: str
    ingest_attachment: str
    ingest_file: str
    ingest_started: str
    ingest_done: str
    ingest_counts: str
    ingest_held: str
    ingest_failed: str
    ingest_suspicious: str
    not_taken: str
    why_scheme: str
    why_address: str
    why_port: str
    why_redirects: str
    why_large: str
    why_late: str
    why_status: str
    why_unreachable: str
    why_format: str
    why_kind: str
    why_not_given: str
    why_no_files: str
    why_no_roots: str
    why_outside: str
    why_missing: str

    # audience
    audience_command: str
    audience_usage: str
    audience_rules: str
    audience_no_rules: str
    audience_everybody: str
    audience_missing: str
    audience_several: str
    audience_unknown: str
    audience_more: str
    audience_ask: str
    audience_done: str
    audience_same: str

    # model
    model_command: str
    model_usage: str
    model_now: str
    model_here: str
    model_used: str
    model_none_here: str
    model_outside: str
    model_unknown: str
    model_ask: str
    model_default: str
    model_started: str
    model_done: str
    model_held: str
    model_same: str
    model_failed: str

    # threshold
    threshold_command: str
    threshold_usage: str
    threshold_now: str
    origin_shipped: str
    origin_fitted: str
    origin_fitted_certain: str
    origin_configured: str
    origin_chosen: str
    threshold_bounds: str
    threshold_ask: str
    threshold_ask_default: str
    threshold_done: str
    threshold_held: str
    threshold_same: str

    # mute
    mute_command: str
    mute_usage: str
    unmute_command: str
    unmute_usage: str
    mute_not_here: str
    muted: str
    muted_already: str
    unmuted: str
    unmuted_already: str
    mute_note: str

    # export
    export_command: str
    export_usage: str
    export_started: str
    export_done: str


ZH: Final = SteeringTexts(
    confirm="确认",
    confirm_typed="如果看不到按钮，请发送：`{line}`",
    forget_ask="将删除关于 {name} 的全部记录，无法恢复。确定吗？",
    ingest_command="收录一个网页、文件或文件夹",
    ingest_usage="用法：`/deskmate ingest https://…` 或 `/deskmate ingest 文件夹`；"
    "也可以随文件一起发送 `/deskmate ingest`，或引用（回复）文件消息后发送。"
    "可以加上 `audience=名称,名称` 指定谁能阅读（文件夹里的文档自己写明的优先）。"
    "文件夹必须在配置 `[ingest] roots` 之内。",
    ingest_attachment="图片、语音、视频和文件夹我读不了。我能收录 PDF、DOCX、PPTX、XLSX、"
    "Markdown、HTML、CSV 和 TXT 文件：请把文件发到聊天里，再引用它发送 `/deskmate ingest`。",
    ingest_file="这个文件",
    ingest_started="好的，正在收录 {what}，完成后告诉您。",
    ingest_done="已收录 {place}",
    ingest_counts="新增或变化 {documents} 篇（{passages} 段），未变 {unchanged} 篇，"
    "删除 {deleted} 篇，失败 {failed} 个。",
    ingest_held="这些文档先在测试集上试过，才会生效。",
    ingest_failed="没有收录",
    ingest_suspicious="像是写给机器的话，已收录但不会作为回答的依据，请检查",
    not_taken="没有收录 {what}：{why}",
    why_scheme="只能收录 http 和 https 的公开网址，网址里不能有用户名，也不能从 https 转到 http。",
    why_address="`{detail}` 不是公开的地址。公司内部的主机要先写进配置 `[ingest] hosts`。",
    why_port="端口 {detail} 不允许，只能是 80 和 443。",
    why_redirects="转向超过 {detail} 次。",
    why_large="文件太大，上限是 {detail} 字节。",
    why_late="在 {detail} 之内没有读完。",
    why_status="对方回答的是 {detail}，没有给出内容。",
    why_unreachable="`{detail}` 没有应答。",
    why_format="读不了这种格式（{detail}）。",
    why_kind="我读不了 {detail} 文件。请另存为 PDF、DOCX、PPTX、XLSX、Markdown、HTML、CSV 或 TXT "
    "再发送。",
    why_not_given="聊天平台没有给出这个文件（{detail}）。请检查应用的文件权限，或重新发送文件。",
    why_no_files="在这里我拿不到聊天里的附件。请把文件放到 `[ingest] roots` 的文件夹里，"
    "再发送 `/deskmate ingest 文件名`；或者发送它的网址。",
    why_no_roots="配置里没有允许读取的文件夹（`[ingest] roots`）。",
    why_outside="在允许的文件夹里没有 `{detail}`。",
    why_missing="`{detail}` 已经不在了。",
    audience_command="查看或设定谁可以阅读一篇文档或一个文件夹",
    audience_usage="用法：`/deskmate audience 文档` 查看；`/deskmate audience 文档 名称…` 设定，"
    "文档写编号，标题或文件夹后面带空格时用 `标题 | 名称…`，文件夹以 `/` 结尾。"
    "名称 `everyone` 表示所有人。",
    audience_rules="用命令设定的读者：",
    audience_no_rules="还没有用命令设定过读者：每篇文档的读者由它自己或收录时的设定决定。",
    audience_everybody="所有人",
    audience_missing="没有叫“{name}”的文档或文件夹。`/deskmate sources` 列出文档。",
    audience_several="有好几篇文档叫“{name}”，请写编号：",
    audience_unknown="没有名为“{name}”的读者群。已知的有：{known}。",
    audience_more="……还有 {count} 篇",
    audience_ask="**{name}**（{count} 篇）今后只给 {after} 阅读（现在：{before}）。确定吗？",
    audience_done="**{name}** 现在由 {after} 阅读，立即生效，引用它的核实答案也一样；"
    "改变了 {count} 篇。下次收录时保持不变。",
    audience_same="**{name}** 已经由 {after} 阅读，什么也没有改变。",
    model_command="查看或切换语言模型",
    model_usage="用法：`/deskmate model` 查看；`/deskmate model 名称` 切换；"
    "`/deskmate model default` 回到配置中的模型。",
    model_now="现在使用：**{model}**",
    model_here="这台机器上已有：",
    model_used="（使用中）",
    model_none_here="这台机器上没有语言模型；`deskmate models pull 名称` 可以下载。",
    model_outside="配置的模型在别的服务器上，只能在配置文件里更换，重启后生效。",
    model_unknown="这台机器上没有名为“{name}”的语言模型。",
    model_ask="切换到 **{name}**（现在：{now}）。加载可能需要一分钟，期间照常回答。确定吗？",
    model_default="配置中的模型",
    model_started="好的，正在加载 {name}，完成后告诉您。",
    model_done="从下一个问题起由 **{model}** 回答。测试集会在几分钟内运行，变差时会告诉管理员。"
    "重启后保持不变；如果有多个机器人，它们也会切换。",
    model_held="**{name}** 先在测试集上试过，才会生效；如果变差，会询问管理员。重启后保持不变。",
    model_same="使用的已经是 **{name}**，什么也没有改变。",
    model_failed="没有切换：**{name}** 无法加载。一切保持原样，原因在日志里。",
    threshold_command="查看或设定回答所需的把握",
    threshold_usage="用法：`/deskmate threshold` 查看；`/deskmate threshold 0.6` 设定；"
    "`/deskmate threshold default` 回到配置。",
    threshold_now="把握不低于 **{value}** 时才回答，否则说不知道。{origin}",
    origin_shipped="这是出厂的值，对错误率不作承诺；"
    "`deskmate calibrate` 可以用你们自己的问题来定。",
    origin_fitted="这是用你们的问题拟合的：平均每 100 个问题中，答错的不超过 {budget}。",
    origin_fitted_certain="这是用你们的问题拟合的：有九成的把握，给出的答案中错的不超过 {budget}。",
    origin_configured="这是配置文件里写的值，对错误率不作承诺。",
    origin_chosen="这是管理员用命令设定的值，对错误率不作承诺。",
    threshold_bounds="请写 {low} 到 {high} 之间的数。",
    threshold_ask="回答所需的把握从 {before} 改为 **{after}**：越低答得越多，错得也越多。确定吗？",
    threshold_ask_default="回到配置中的把握（现在：{before}）。确定吗？",
    threshold_done="从下一个问题起，把握不低于 **{value}** 才回答。"
    "测试集会在几分钟内运行，变差时会告诉管理员。重启后保持不变。",
    threshold_held="先在测试集上试过，才会生效；如果变差，会询问管理员。",
    threshold_same="已经是这个值，什么也没有改变。",
    mute_command="让我在这个频道里保持安静",
    mute_usage="用法：在频道里发送 `/deskmate mute`；`/deskmate unmute` 恢复。",
    unmute_command="让我在这个频道里重新回答",
    unmute_usage="用法：在频道里发送 `/deskmate unmute`。",
    mute_not_here="这个命令要在频道或群里使用。",
    muted="好的，从现在起我在这里不再回答，只处理命令。`/deskmate unmute` 恢复。",
    muted_already="我在这里已经是安静的。",
    unmuted="好的，我在这里重新回答问题。",
    unmuted_already="我在这里本来就会回答。",
    mute_note="我在这个频道里被静音了。您可以用 `/deskmate ask 问题` 提问，或者在私聊里问我。",
    export_command="把教过和说过的内容导出到服务器上的文件",
    export_usage="用法：`/deskmate export 种类`，种类有：{kinds}。",
    export_started="好的，正在导出 {what}，完成后告诉您。",
    export_done="已写入 {lines} 行：`{path}`（在服务器上，只有运行程序的账号可以读取）。"
    "我还不能在聊天里发送文件。",
)

EN: Final = SteeringTexts(
    confirm="Confirm",
    confirm_typed="If you see no button, send: `{line}`",
    forget_ask="Everything that is kept of {name} will be deleted for good. Are you sure?",
    ingest_command="take in a web page, a file or a folder",
    ingest_usage="Usage: `/deskmate ingest https://…` or `/deskmate ingest FOLDER`; or "
    "`/deskmate ingest` together with a file, or as a reply to one. `audience=NAME,NAME` says who "
    "may read it (what a document in a folder says itself goes first). Folders must lie in "
    "`[ingest] roots` of the configuration.",
    ingest_attachment="I cannot read pictures, recordings, videos or folders. I can take in PDF, "
    "DOCX, PPTX, XLSX, Markdown, HTML, CSV and TXT files: send one to this chat, and reply to it "
    "with `/deskmate ingest`.",
    ingest_file="The file",
    ingest_started="All right: {what} is being taken in, the report follows.",
    ingest_done="Taken in: {place}",
    ingest_counts="New or changed: {documents} ({passages} passages); unchanged: {unchanged}; "
    "deleted: {deleted}; failed: {failed}.",
    ingest_held="These documents count once they were tried out on the test set.",
    ingest_failed="Not taken in",
    ingest_suspicious="Words that seem to speak to a machine: taken in, but never used as "
    "evidence; please have a look",
    not_taken="{what} was not taken in: {why}",
    why_scheme="only public http and https addresses can be taken in, without a user name, and "
    "none that leads from https to http.",
    why_address="`{detail}` is no public address. Hosts of the company have to be named in "
    "`[ingest] hosts` first.",
    why_port="port {detail} is not allowed, only 80 and 443 are.",
    why_redirects="it leads on more than {detail} times.",
    why_large="it is too large; the limit is {detail} bytes.",
    why_late="it was not there within {detail}.",
    why_status="the answer was {detail}, without any content.",
    why_unreachable="`{detail}` does not answer.",
    why_format="I cannot read this format ({detail}).",
    why_kind="I cannot read {detail} files. Please save it as PDF, DOCX, PPTX, XLSX, Markdown, "
    "HTML, CSV or TXT, and send that.",
    why_not_given="the platform does not give this file out ({detail}). Please check the app's "
    "permission to read files, or send the file again.",
    why_no_files="I cannot get attached files here. Put the file into a folder of `[ingest] roots` "
    "and send `/deskmate ingest NAME`, or send its web address.",
    why_no_roots="the configuration allows no folder (`[ingest] roots`).",
    why_outside="there is no `{detail}` in the folders that are allowed.",
    why_missing="`{detail}` is not there any more.",
    audience_command="who may read a document or a folder: show it, or set it",
    audience_usage="Usage: `/deskmate audience DOCUMENT` shows it; `/deskmate audience DOCUMENT "
    "NAME…` sets it. DOCUMENT is an id; write a title as `title | NAME…`, and end a folder with "
    "`/`. The name `everyone` means everybody.",
    audience_rules="Readers that were set by command:",
    audience_no_rules="No readers were set by command: each document's are those that it names "
    "itself, or that were named when it was taken in.",
    audience_everybody="everybody",
    audience_missing="There is no document or folder “{name}”; `/deskmate sources` lists them.",
    audience_several="Several documents are called “{name}”; please write the id:",
    audience_unknown="There is no audience “{name}”. Known are: {known}.",
    audience_more="… and {count} more",
    audience_ask="**{name}** (documents: {count}) will be read by {after} only (now: {before}). "
    "Are you sure?",
    audience_done="**{name}** is read by {after} from now on, and so are the verified answers that "
    "quote it; documents changed: {count}. The next ingest keeps this.",
    audience_same="**{name}** is read by {after} already; nothing was changed.",
    model_command="the language model: show it, or switch",
    model_usage="Usage: `/deskmate model` shows it; `/deskmate model NAME` switches; `/deskmate "
    "model default` goes back to the configured one.",
    model_now="In use: **{model}**",
    model_here="On this machine:",
    model_used=" (in use)",
    model_none_here="There is no language model on this machine; `deskmate models pull NAME` "
    "fetches one.",
    model_outside="The configured model runs elsewhere; it is changed in the configuration file "
    "only, with a restart.",
    model_unknown="There is no language model “{name}” on this machine.",
    model_ask="Switch to **{name}** (now: {now}). Loading may take a minute, in which I answer as "
    "before. Are you sure?",
    model_default="the configured model",
    model_started="All right: {name} is being loaded, the report follows.",
    model_done="**{model}** answers from the next question on. The test set runs within minutes; "
    "administrators are told if answers got worse. A restart keeps this; where there are several "
    "bots, the others switch too.",
    model_held="**{name}** counts once it was tried out on the test set; administrators are asked "
    "if answers get worse. A restart keeps this.",
    model_same="**{name}** is in use already; nothing was changed.",
    model_failed="Not switched: **{name}** cannot be loaded. Everything is as it was; the log says "
    "why.",
    threshold_command="how sure an answer must be: show it, or set it",
    threshold_usage="Usage: `/deskmate threshold` shows it; `/deskmate threshold 0.6` sets it; "
    "`/deskmate threshold default` goes back to the configuration.",
    threshold_now="I answer from a certainty of **{value}** on, and else say that I do not know. "
    "{origin}",
    origin_shipped="This value is the shipped one, which promises no rate of errors; `deskmate "
    "calibrate` fits one on your own questions.",
    origin_fitted="It was fitted on your questions: on average at most {budget} of the questions "
    "asked are answered wrongly.",
    origin_fitted_certain="It was fitted on your questions: with 90 % certainty at most {budget} "
    "of the answers given are wrong.",
    origin_configured="The configuration file says so, which promises no rate of errors.",
    origin_chosen="An administrator set it by command; it promises no rate of errors.",
    threshold_bounds="Please write a number from {low} to {high}.",
    threshold_ask="The certainty an answer needs changes from {before} to **{after}**; the "
    "lower it is, the more is answered, and the more of that is wrong. Are you sure?",
    threshold_ask_default="Back to the configured certainty (now: {before}). Are you sure?",
    threshold_done="I answer from a certainty of **{value}** on, beginning with the next question. "
    "The test set runs within minutes; administrators are told if answers got worse. A restart "
    "keeps this.",
    threshold_held="It counts once it was tried out on the test set; administrators are asked if "
    "answers get worse.",
    threshold_same="That is the value already; nothing was changed.",
    mute_command="make me keep silent in this channel",
    mute_usage="Usage: send `/deskmate mute` in a channel; `/deskmate unmute` ends it.",
    unmute_command="let me answer in this channel again",
    unmute_usage="Usage: send `/deskmate unmute` in a channel.",
    mute_not_here="This command is for channels and groups.",
    muted="All right, from now on I answer nothing here but commands. `/deskmate unmute` ends it.",
    muted_already="I am silent here already.",
    unmuted="All right, I answer questions here again.",
    unmuted_already="I do answer here.",
    mute_note="I am muted in this channel. You can ask with `/deskmate ask question`, or in a "
    "direct message.",
    export_command="write what was taught and said to a file on the server",
    export_usage="Usage: `/deskmate export WHAT`, which is one of: {kinds}.",
    export_started="All right: {what} is being exported, the report follows.",
    export_done="Written to `{path}`, lines: {lines} (on the server, for nobody but the account "
    "the program runs as). I cannot send files in a chat yet.",
)

STEERING_TEXTS: Final[Mapping[Language, SteeringTexts]] = {"zh": ZH, "en": EN}
