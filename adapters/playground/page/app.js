// The page: one conversation, its thread, the drawer beside it and the box to write in.

import { createDrawer } from "/playground/drawer.js";
import { cardTree, node, patch } from "/playground/view.js";
import { follow, post, randomId } from "/playground/stream.js";

const $ = (id) => document.getElementById(id);
const setup = JSON.parse(document.body.dataset.setup);
const [scroll, thread, welcome, notice, question, send, latest] =
  ["scroll", "thread", "welcome", "notice", "question", "send", "latest"].map($);

const shown = new Map(); // ref → { entry, element, sending }
let conversation = remembered("conversation") || randomId();
let language = kept("language") || browserLanguage();
let line = null; // the stream
let attempt = null; // { text, id }: the same text is sent again under the same id
let settled = false; // history has been drawn; what comes now is new
let following = true; // the reader is at the end of the thread
let noticeIs = "";

const words = () => setup.words[language];
const drawer = createDrawer(words);

function remembered(name, value) { return stored(window.sessionStorage, name, value); }
function kept(name, value) { return stored(window.localStorage, name, value); }
function stored(place, name, value) {
  try {
    if (value !== undefined) place.setItem(`deskmate.${name}`, value);
    return place.getItem(`deskmate.${name}`);
  } catch { return value ?? null; } // storage can be switched off; the page then starts afresh
}
function browserLanguage() {
  return (navigator.languages ?? [navigator.language]).find((l) => /^(zh|en)/i.test(l))?.toLowerCase().startsWith("zh") ? "zh" : "en";
}

// ── words ───────────────────────────────────────────────────────────────────────────────────────

function speak(chosen) {
  language = chosen;
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  document.title = words().page_title;
  for (const e of document.querySelectorAll("[data-word]")) e.textContent = words()[e.dataset.word];
  for (const e of document.querySelectorAll("[data-word-label]")) e.setAttribute("aria-label", words()[e.dataset.wordLabel]);
  for (const e of document.querySelectorAll("[data-word-placeholder]")) e.placeholder = words()[e.dataset.wordPlaceholder];
  for (const e of document.querySelectorAll("[data-language]")) e.setAttribute("aria-pressed", String(e.dataset.language === language));
  $("fresh").title = words().fresh_start;
  drawWelcome();
  for (const one of shown.values()) draw(one);
  if (noticeIs) tell(noticeIs);
}

function drawWelcome() {
  const knows = setup.knows[language], first = knows.slice(0, 6);
  const titles = first.join(language === "zh" ? "、" : " · ");
  const more = knows.length > first.length ? ` ${words().has_read_more.replace("{count}", knows.length - first.length)}` : "";
  $("knows").hidden = knows.length === 0;
  patch($("knows"), [node("span", { class: "label" }, words().has_read), ` ${titles}${more}`]);
  $("examples").hidden = setup.examples[language].length === 0;
  patch($("chips"), setup.examples[language].map((text) => node("li", {}, node("button", { type: "button", "data-example": text }, text))));
}

const NOTICES = {
  lost: () => words().gone, gone: () => words().gone, back: () => words().back, busy: () => words().busy, refused: () => words().refused,
  replaced: () => words().taken_over,
  too_long: () => words().too_long.replace("{count}", length(question.value)).replace("{limit}", setup.maxChars),
};

function tell(kind) {
  noticeIs = kind;
  notice.hidden = !kind;
  notice.className = `notice ${kind}`;
  if (kind && notice.textContent !== NOTICES[kind]()) notice.textContent = NOTICES[kind]();
}

// ── thread ──────────────────────────────────────────────────────────────────────────────────────

function receive(entry) {
  if (entry.kind === "card" && entry.pane === "side") return drawer.show(entry);
  const before = shown.get(entry.ref);
  const one = before ?? { element: document.createElement("article"), sending: {} };
  one.entry = entry;
  if (!before) place(one);
  draw(one);
  const finished = entry.kind === "card" && !entry.card.streaming && (!before || before.wasStreaming);
  one.wasStreaming = entry.card?.streaming;
  if (settled && finished) announce(one);
  if (entry.kind === "said") following = true;
  stayAtEnd();
}

function place(one) {
  shown.set(one.entry.ref, one);
  one.element.dataset.ref = one.entry.ref;
  one.element.dataset.position = one.entry.position;
  if (!placeBelowAnswer(one)) {
    const later = [...thread.children].find((e) => Number(e.dataset.position) > one.entry.position);
    thread.insertBefore(one.element, later ?? null);
  }
  if (settled) one.element.classList.add("new");
  welcome.hidden = true;
  remembered("started", conversation);
}

// What concerns an answer (thanks, or the question why it was no help) stands right below it, and
// what comes next takes its place, unless somebody is writing there.
function placeBelowAnswer(one) {
  const replied = shown.get(one.entry.answers);
  if (replied?.entry.kind !== "card") return false;
  const answer = shown.get(replied.below) ?? replied;
  one.below = answer.entry.ref;
  one.element.classList.add("below");
  one.element.dataset.position = answer.element.dataset.position;
  for (const other of shown.values()) if (other.below === one.below && other !== one && !isWrittenIn(other)) other.element.remove();
  answer.element.after(one.element);
  if (settled) requestAnimationFrame(() => one.element.scrollIntoView({ block: "nearest" }));
  return true;
}

const isWrittenIn = ({ element }) => [...element.querySelectorAll("textarea, input")].some((field) => field.value.trim());

function draw({ entry, element, sending }) {
  if (entry.kind === "said") {
    element.classList.add("said");
    patch(element, [node("span", { class: "unseen" }, words().you), node("div", { class: "bubble", dir: "auto" }, entry.text)]);
    return;
  }
  const { card } = entry;
  element.classList.add("card");
  element.classList.toggle("streaming", card.streaming);
  element.classList.toggle("note", element.classList.contains("below") && card.blocks.every((b) => b.kind === "markdown") && !card.title);
  element.classList.toggle("waiting", card.streaming && !card.blocks.some((b) => b.kind === "markdown"));
  element.lang = card.language === "zh" ? "zh-Hans" : "en";
  element.dir = "auto";
  element.setAttribute("aria-busy", String(card.streaming));
  patch(element, cardTree(entry, words(), sending));
}

function announce({ entry, element }) {
  $("spoken").textContent = "";
  // A timer, not an animation frame: those stop while the page is hidden, and the answer is said late or never.
  setTimeout(() => { $("spoken").textContent = entry.card.summary || element.textContent; }, 50);
}

function stayAtEnd() {
  if (following) scroll.scrollTop = scroll.scrollHeight;
  latest.hidden = following;
}

scroll.addEventListener("scroll", () => {
  following = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
  latest.hidden = following;
}, { passive: true });
latest.addEventListener("click", () => { following = true; stayAtEnd(); question.focus(); });
new ResizeObserver(() => {
  // The box to write in lines up with the thread, whatever a scroll bar takes of it.
  document.documentElement.style.setProperty("--gutter", `${(scroll.offsetWidth - scroll.clientWidth) / 2}px`);
  stayAtEnd();
}).observe(scroll);

// ── buttons, forms, sources ─────────────────────────────────────────────────────────────────────

document.addEventListener("click", (event) => {
  const target = event.target.closest("button");
  if (!target) return;
  const one = shown.get(target.closest("[data-ref]")?.dataset.ref);
  if (target.dataset.example) ask(target.dataset.example);
  else if (target.dataset.language) { kept("language", target.dataset.language); speak(target.dataset.language); }
  else if (target.dataset.open && one) openSource(one, target);
  else if (target.dataset.press && one) press(one, target);
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-form]");
  const one = form && shown.get(form.closest("[data-ref]")?.dataset.ref);
  if (!one) return;
  event.preventDefault();
  const typed = Object.fromEntries(new FormData(form));
  act(one, form.dataset.form, { ...JSON.parse(form.dataset.values), ...typed }, event.submitter);
});

function press(one, target) {
  const name = target.dataset.press, values = JSON.parse(target.dataset.values);
  if (target.getAttribute("aria-pressed") !== "true") return act(one, name, values);
  if (name === "verdict") takeBack(one, values.vote);
}

async function act(one, name, values, submitter) {
  if (submitter) submitter.disabled = true;
  else mark(one, name, values);
  const { status } = await post("actions", { conversation, id: randomId(), ref: one.entry.ref, name, values });
  if (submitter) submitter.disabled = false;
  if (status !== 202) explain(status);
  mark(one, name, status === 202 ? values : undefined);
}

async function takeBack(one, emoji) {
  mark(one, "verdict", {});
  const { status } = await post("reactions", { conversation, id: randomId(), ref: one.entry.ref, emoji, withdrawn: true });
  if (status === 202) return;
  mark(one, "verdict", undefined);
  explain(status);
}

// What was pressed shows at once; the stream confirms it.
function mark(one, name, values) {
  const { [name]: _, ...others } = one.sending;
  one.sending = values === undefined ? others : { ...others, [name]: values };
  draw(one);
}

async function openSource(one, opener) {
  const sources = one.entry.card.blocks.filter((b) => b.kind === "sources").flatMap((b) => b.items);
  const source = sources.find((s) => String(s.marker) === opener.dataset.open);
  if (!source) return;
  drawer.open(source, opener);
  const values = { passage_id: source.passage_id };
  const { status } = await post("actions", { conversation, id: randomId(), ref: one.entry.ref, name: "open_source", values });
  if (status !== 202) { explain(status); drawer.giveUp(); }
}

// ── asking ──────────────────────────────────────────────────────────────────────────────────────

const length = (text) => [...text].length;

function fit() {
  question.style.height = "auto";
  question.style.height = `${Math.min(question.scrollHeight, 200)}px`;
  const tooLong = length(question.value) > setup.maxChars;
  send.disabled = tooLong || !question.value.trim();
  if (tooLong) tell("too_long");
  else if (["too_long", "busy", "refused", "gone"].includes(noticeIs)) tell("");
}

// The text stays in the box until the server has it.
async function ask(text) {
  settled = true; // whoever asks has seen what was there
  if (send.classList.contains("sending") || !text.trim() || length(text) > setup.maxChars) return;
  if (attempt?.text !== text) attempt = { text, id: randomId() };
  send.classList.add("sending");
  const { status } = await post("messages", { conversation, id: attempt.id, text, language });
  send.classList.remove("sending");
  if (status === 202) {
    attempt = null;
    if (question.value === text) question.value = "";
    fit();
  } else {
    if (!question.value) question.value = text;
    fit();
    explain(status);
  }
  if (matchMedia("(hover: hover)").matches) question.focus();
}

function explain(status) {
  tell(status === 0 ? "gone" : status === 413 ? "too_long" : status === 503 ? "busy" : "refused");
}

question.addEventListener("input", fit);
question.addEventListener("keydown", (event) => {
  // While an input method composes, Enter picks a word. Safari ends composing before this event: 229.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  ask(question.value);
});
$("composer").addEventListener("submit", (event) => { event.preventDefault(); ask(question.value); });

// ── the conversation ────────────────────────────────────────────────────────────────────────────

let lostTimer = 0;

function join() {
  settled = false;
  line = follow(conversation, { onEntry: receive, onState });
}

function onState(state) {
  clearTimeout(lostTimer);
  if (state === "open") {
    setTimeout(() => { settled = true; }, 400);
    if (["lost", "gone"].includes(noticeIs)) { tell("back"); lostTimer = setTimeout(() => tell(""), 2500); }
    else if (noticeIs === "replaced") tell("");
  } else if (state === "replaced") tell("replaced");
  else lostTimer = setTimeout(() => tell("lost"), 1200); // a short break is nobody's concern
}

function startAfresh() {
  line.close();
  drawer.close();
  shown.clear();
  thread.replaceChildren();
  welcome.hidden = false;
  conversation = remembered("conversation", randomId());
  tell("");
  join();
  question.focus();
}

$("fresh").addEventListener("click", startAfresh);
remembered("conversation", conversation);
welcome.hidden = remembered("started") === conversation;
speak(language);
$("app").hidden = false;
join();
if (matchMedia("(hover: hover)").matches) question.focus();
