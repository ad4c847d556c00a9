"""Markdown: CommonMark with pipe tables, and the dialects people mix into it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from knowledge.errors import DocumentUnreadable
from knowledge.language import HAN
from knowledge.model import Document
from knowledge.parsers import html
from knowledge.parsers.decode import decoded
from knowledge.parsers.front_matter import split_front_matter
from knowledge.parsers.limits import MAX_TEXT_CHARACTERS, checked_size, refuse_beyond
from knowledge.parsers.markup import fenced, item, joined, link, pipe_table, tidy_lines, visible
from knowledge.parsers.outline import Outline, document

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TABLE_BEGINS = re.compile(r"^[ \t]*<table\b", re.MULTILINE | re.IGNORECASE)
_TABLE_ENDS = re.compile("</table>", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n[ \t]*(?=\n)")
# Jekyll's `{% include %}`, Hugo's `{{< ref >}}`, kramdown's `{:.class}` and `{#id}`, `[[_TOC_]]`.
_TEMPLATE = re.compile(
    r"\{%.{0,500}?%\}|\{\{[<%].{0,500}?[>%]\}\}|\{:[^{}\n]{0,200}\}|[ \t]\{[#.][^{}\n]{0,200}\}$"
    r"|^\[\[?_?TOC_?\]?\]$",
    re.MULTILINE | re.IGNORECASE,
)
_ADMONITION = re.compile(r"^\s*(?::::+|!!!|\?\?\?\+?)[ \t]*(\w*)[ \t]*(.*)$")
_ALERT = re.compile(r"^\[!(\w+)\][-+]?[ \t]*")
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|]{1,200}\|)?([^\[\]|]{1,200})\]\]")
# `**重要：**内容` is no emphasis to CommonMark, though every Chinese author means it as one.
_CHINESE_STRONG = re.compile(rf"\*\*(?=\S)([^*\n]{{1,300}}?)(?<=\S)\*\*(?=[{HAN}]|[^\w*]|$)")
_TAG = re.compile(r"<(/?[a-zA-Z][\w-]*)[^>]*>")


def parse(content: bytes, *, document_id: str, uri: str) -> Document:
    """Read a Markdown file; its title is the front matter's, else the first level-1 heading."""
    text = visible(decoded(checked_size(content, uri=uri), uri=uri))
    refuse_beyond(len(text), MAX_TEXT_CHARACTERS, "characters", uri=uri)
    front, body = split_front_matter(text, uri=uri)
    outline = Outline(front.title)
    try:
        add_markdown(body, outline)
    except RecursionError as error:
        raise DocumentUnreadable(uri, "its lists or quotes are nested too deeply") from error
    return document(outline, front, document_id=document_id, uri=uri)


def add_markdown(text: str, outline: Outline) -> None:
    """Add Markdown text to an outline: its headings, and its blocks in one plain dialect."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for node in SyntaxTreeNode(parser.parse(_with_whole_tables(text))).children:
        _add(node, outline)


def _with_whole_tables(text: str) -> str:
    """HTML tables without blank lines: CommonMark ends an HTML block there, and tears them apart.

    From end to end, and not from each beginning on: a file of beginnings alone would take hours.
    """
    parts: list[str] = []
    at = 0
    for end in _TABLE_ENDS.finditer(text):
        begins = _TABLE_BEGINS.search(text, at, end.start())
        table = begins.start() if begins else end.end()
        parts += [text[at:table], _BLANK_LINES.sub("", text[table : end.end()])]
        at = end.end()
    return "".join([*parts, text[at:]])


def _add(node: SyntaxTreeNode, outline: Outline) -> None:
    if node.type == "heading":
        outline.heading(int(node.tag[1]), _inline(node))
    elif node.type == "html_block":
        html.add_fragment(_COMMENT.sub("", node.content), outline)
    else:
        outline.block(_block(node))


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "paragraph":
            text = _paragraph(node)
        case "heading":
            text = f"**{_inline(node)}**"
        case "bullet_list" | "ordered_list":
            text = _list(node)
        case "table":
            text = pipe_table([[_inline(cell) for cell in row.children] for row in _rows(node)])
        case "fence":
            text = fenced(node.content, node.info.split(" ")[0])
        case "code_block":
            text = fenced(node.content)
        case "blockquote":
            text = "\n".join(f"> {line}" for line in _blocks(node).split("\n") if line)
        case "html_block":
            text = _html_text(node.content)
        case _:
            text = ""
    return text


def _blocks(node: SyntaxTreeNode) -> str:
    return "\n".join(text for child in node.children if (text := _block(child)))


def _rows(table: SyntaxTreeNode) -> Iterator[SyntaxTreeNode]:
    for part in table.children:
        yield from part.children


def _list(node: SyntaxTreeNode) -> str:
    start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else 0
    lines: list[str] = []
    for number, entry in enumerate(node.children, start=start):
        text = _blocks(entry)
        if text:
            lines.append(item(f"{number}." if node.type == "ordered_list" else "-", text))
    return "\n".join(lines)


def _html_text(content: str) -> str:
    inner = Outline(title=" ")
    html.add_fragment(_COMMENT.sub("", content), inner)
    return "\n".join(section.text for section in inner.sections())


def _paragraph(node: SyntaxTreeNode) -> str:
    """A paragraph's text; one that is all bold keeps its stars, since it acts as a heading."""
    lines = [_plain(line) for line in _inline(node).split("\n")]
    text = tidy_lines("\n".join(lines))
    content = node.children[0].content.strip() if node.children else ""
    bold = content.startswith("**") and content.endswith("**") and content.count("**") == 2
    return f"**{text}**" if bold and text and "\n" not in text else text


def _plain(line: str) -> str:
    admonition = _ADMONITION.match(line)
    if admonition:
        kind, title = admonition.groups()
        return title.strip("\"' ") or kind.capitalize()
    return _ALERT.sub(lambda alert: f"{alert.group(1).capitalize()}: ", line)


def _inline(node: SyntaxTreeNode) -> str:
    """The words of a heading, paragraph or cell; only a hard break gives a new line."""
    lines = "".join(_words(child) for child in node.children).split("\n")
    text = "\n".join(joined(line.split("\r")) for line in lines)
    text = _WIKI_LINK.sub(r"\1", _TEMPLATE.sub("", text))
    return _CHINESE_STRONG.sub(r"\1", text).strip()


def _words(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "image":
            words = node.content
        case "softbreak":
            words = "\r"  # joined later, by what stands on either side
        case "hardbreak":
            words = "\n"
        case "code_inline":
            words = f"`{node.content}`"
        case "html_inline":
            words = _tag(node.content)
        case _:
            words = "".join(_words(child) for child in node.children)
    return link(words, str(node.attrs.get("href", ""))) if node.type == "link" else words


def _tag(html_inline: str) -> str:
    tag = _TAG.match(html_inline)
    if tag is None:
        return ""
    return "\n" if tag.group(1).lower() in {"br", "br/", "/p", "/div", "/li"} else ""
