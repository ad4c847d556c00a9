// What a card looks like: a pure view from JSON to a tree of nodes, and a patch from that tree to the
// page. Nothing here, or anywhere in the page, turns a string into markup.

const ALLOWED = new Set(
  ("p ul ol li blockquote hr br strong em s code pre table thead tbody tr th td a h2 h3 h4 h5 " +
    "sup button div span section article dl dt dd label select option textarea input form img progress mark").split(" "),
);
const OWN_DIRECTION = new Set("p li blockquote th td h3 h4 h5".split(" "));
const LINK = /^(https?:\/\/|mailto:)/i;

// A node is [tag, attributes, children], or a string. Children may also be given as lists of nodes.
export function node(tag, attributes = {}, ...children) {
  return [tag, attributes, children.flatMap((child) => (isNode(child) ? [child] : child)).filter(Boolean)];
}

const isNode = (it) => Array.isArray(it) && typeof it[0] === "string" && it[1] && typeof it[1] === "object" && !Array.isArray(it[1]);

// ── from tree to page ───────────────────────────────────────────────────────────────────────────

// Changes only what differs, so a growing answer never flickers and typed text stays.
export function patch(parent, nodes) {
  nodes.forEach((wanted, index) => {
    const there = parent.childNodes[index];
    if (!there) parent.append(create(wanted));
    else if (!same(there, wanted)) there.replaceWith(create(wanted));
    else update(there, wanted);
  });
  while (parent.childNodes.length > nodes.length) parent.lastChild.remove();
}

function create(wanted) {
  if (typeof wanted === "string") return document.createTextNode(wanted);
  const element = document.createElement(ALLOWED.has(wanted[0]) ? wanted[0] : "span");
  update(element, wanted);
  return element;
}

function same(there, wanted) {
  if (typeof wanted === "string") return there.nodeType === Node.TEXT_NODE;
  return there.nodeType === Node.ELEMENT_NODE && there.localName === wanted[0] && (there.dataset.key ?? "") === (wanted[1]["data-key"] ?? "");
}

function update(there, wanted) {
  if (typeof wanted === "string") {
    if (there.data !== wanted) there.data = wanted;
    return;
  }
  const [, attributes, children] = wanted;
  for (const name of there.getAttributeNames()) if (!(name in attributes)) there.removeAttribute(name);
  for (const [name, value] of Object.entries(attributes)) {
    if (there.getAttribute(name) !== String(value)) there.setAttribute(name, value);
  }
  if (there.localName !== "textarea") patch(there, children);
}

// ── from card to tree ───────────────────────────────────────────────────────────────────────────

// entry: what the stream brought; words: the page's own words; sending: buttons pressed just now.
export function cardTree(entry, words, sending = {}) {
  const { card, ref, pressed } = entry;
  const sources = new Map(card.blocks.filter((b) => b.kind === "sources").flatMap((b) => b.items).map((s) => [String(s.marker), s]));
  const state = { ref, words, sources, pressed: { ...pressed, ...sending }, streaming: card.streaming };
  return [
    card.title ? node("h2", { class: "title" }, card.title) : null,
    ...card.blocks.map((block, index) => BLOCKS[block.kind]?.(block, state, index)),
  ].filter(Boolean);
}

const BLOCKS = {
  markdown: (block, state, index) =>
    node("div", { class: "prose", "data-key": `markdown${index}` }, rich(block.nodes, state)),

  sources: (block, { words }) =>
    block.items.length === 0 ? null : node("section", { class: "sources", "data-key": "sources" },
      node("h3", {}, words.sources),
      node("ol", {}, block.items.map((source) =>
        node("li", {}, node("button", { type: "button", class: "source", "data-open": source.marker, "aria-label": `${words.show_source.replace("{count}", source.marker)}: ${source.title}` },
          node("span", { class: "marker" }, String(source.marker)),
          node("span", { class: "where" },
            node("span", { class: "document" }, source.title),
            source.place ? node("span", { class: "place" }, source.place) : null,
            source.quote ? node("span", { class: "quote" }, source.quote) : null)))))),

  fields: (block) =>
    node("dl", { class: "fields" }, block.rows.map(([label, value]) =>
      node("div", {}, node("dt", {}, label), node("dd", {}, value)))),

  buttons: (block, state) =>
    node("div", { class: "buttons", "data-key": "buttons" }, block.items.map((button) => {
      const chosen = isPressed(state.pressed[button.name], button.values);
      return node("button", {
        type: "button", class: `button ${button.style}`, "data-press": button.name,
        "data-values": JSON.stringify(button.values), "aria-pressed": String(chosen),
      }, button.label);
    })),

  progress: (block) =>
    node("div", { class: "progress", "data-key": "progress" },
      node("span", { class: block.fraction === null ? "shimmer" : "" }, block.text),
      block.fraction === null ? null : node("progress", { value: block.fraction, max: 1, "aria-label": block.text })),

  image: (block) =>
    block.url ? node("img", { src: block.url, alt: block.alt, loading: "lazy", referrerpolicy: "no-referrer" }) : node("p", {}, block.alt),

  form: (block, state) =>
    state.pressed[block.name]
      ? node("p", { class: "done", "data-key": "done" }, state.words.sent_form)
      : node("form", { class: "form", "data-form": block.name, "data-values": JSON.stringify(block.values), "data-key": block.name },
          block.fields.map((field) => formField(field, state)),
          node("div", { class: "buttons" }, node("button", { type: "submit", class: "button primary" }, block.submit_label))),
};

function formField(field, { ref, words }) {
  const id = `${ref}-${field.name}`;
  const common = { id, name: field.name, ...(field.required ? { required: "" } : {}) };
  return node("div", { class: "field" },
    node("label", { for: id }, field.label),
    field.choices.length ? node("select", common,
        node("option", { value: "" }, words.choose),
        field.choices.map((choice) => node("option", { value: choice.value }, choice.label)))
      : field.multiline ? node("textarea", { ...common, rows: 3, maxlength: 4000 })
        : node("input", { ...common, type: "text", maxlength: 4000 }));
}

function isPressed(sent, values) {
  if (!sent) return false;
  return Object.entries(values).every(([name, value]) => sent[name] === value) && ("vote" in values || !("vote" in sent));
}

function rich(nodes, state) {
  return nodes.map((item) => {
    if (typeof item === "string") return item;
    const [tag, attributes, children] = item;
    if (tag === "cite") return chip(attributes.n, state);
    if (tag === "a") {
      const safe = LINK.test(attributes.href ?? "") ? { href: attributes.href, target: "_blank", rel: "noopener noreferrer nofollow" } : {};
      return node("a", safe, rich(children, state));
    }
    if (tag === "table") return node("div", { class: "wide", tabindex: 0 }, node("table", {}, rich(children, state)));
    return node(tag, { ...(OWN_DIRECTION.has(tag) ? { dir: "auto" } : {}), ...(attributes.start ? { start: attributes.start } : {}), ...(attributes.align ? { class: `to-${attributes.align}` } : {}) }, rich(children, state));
  });
}

// While an answer grows its sources are not known yet: the chip is there, but opens nothing.
function chip(marker, { sources, words }) {
  const source = sources.get(marker);
  if (!source) return node("sup", { class: "chip" }, node("span", {}, marker));
  const label = `${words.show_source.replace("{count}", marker)}: ${source.title}`;
  return node("sup", { class: "chip" }, node("button", { type: "button", "data-open": marker, "aria-label": label, title: source.title }, marker));
}

// ── a quote inside a passage ────────────────────────────────────────────────────────────────────

const LETTER = /[\p{L}\p{N}]/u;

// Marks the quote by its letters and digits alone: rendering drops Markdown signs and line ends.
export function highlight(root, quote) {
  const places = [];
  let letters = "";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    for (let at = 0; at < text.data.length; at += 1) {
      if (LETTER.test(text.data[at])) { letters += text.data[at]; places.push([text, at]); }
    }
  }
  const wanted = [...quote].filter((sign) => sign.length === 1 && LETTER.test(sign)).join("");
  const start = wanted ? letters.indexOf(wanted) : -1;
  if (start < 0) return null;
  const [lastText, to] = places[start + wanted.length - 1];
  const stop = quote.trim().at(-1);
  return markRange(root, places[start], [lastText, lastText.data[to + 1] === stop ? to + 1 : to]);
}

function markRange(root, [firstText, from], [lastText, to]) {
  const touched = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  walker.currentNode = firstText;
  for (let text = firstText; text; text = walker.nextNode()) {
    touched.push(text);
    if (text === lastText) break;
  }
  let first = null;
  for (const text of touched) {
    const end = text === lastText ? to + 1 : text.data.length;
    const start = text === firstText ? from : 0;
    if (!text.data.slice(start, end).trim()) continue;
    const range = document.createRange();
    range.setStart(text, start);
    range.setEnd(text, end);
    const mark = document.createElement("mark");
    range.surroundContents(mark);
    first ??= mark;
  }
  return first;
}
