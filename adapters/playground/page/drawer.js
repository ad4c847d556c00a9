// The drawer beside the thread: a source in full, with what was quoted from it marked.

import { cardTree, highlight, node, patch } from "/playground/view.js";

const $ = (id) => document.getElementById(id);

// words(): the page's words in the language it speaks now.
export function createDrawer(words) {
  const drawer = $("drawer"), body = $("drawer-body");
  let source = null, opener = null; // what is shown, and the button that asked for it

  // The quote is there at once; the passage around it comes from the server.
  function open(chosen, button) {
    [source, opener] = [chosen, button];
    patch(body, [
      node("p", { class: "from" }, node("span", { class: "document" }, source.title),
        source.place ? node("span", { class: "place" }, source.place) : null, original()),
      source.quote ? node("blockquote", { class: "quoted" }, source.quote) : null,
      node("p", { class: "shimmer" }, words().opening),
    ].filter(Boolean));
    drawer.hidden = false;
    document.body.classList.add("beside");
    drawer.focus({ preventScroll: true });
    body.scrollTop = 0;
  }

  function show(entry) {
    if (!source) return; // from before a reload; nobody is waiting for it
    const lang = entry.card.language === "zh" ? "zh-Hans" : "en";
    const link = original();
    patch(body, [
      node("div", { class: "passage", lang, "data-key": entry.ref }, cardTree(entry, words())),
      ...(link ? [node("p", { class: "from" }, link)] : []),
    ]);
    highlight(body, source.quote)?.scrollIntoView({ block: "center" });
  }

  function giveUp() {
    body.querySelector(".shimmer")?.remove();
  }

  function close() {
    if (!source) return;
    drawer.hidden = true;
    document.body.classList.remove("beside");
    if (opener.isConnected) opener.focus({ preventScroll: true });
    source = null;
  }

  function original() {
    return source.uri ? node("a", { href: source.uri, target: "_blank", rel: "noopener noreferrer" }, words().original) : null;
  }

  $("drawer-close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.isComposing) close(); });
  return { open, show, giveUp, close };
}
