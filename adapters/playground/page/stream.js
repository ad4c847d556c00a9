// The line to the server: entries in over Server-Sent Events, posts out as JSON.

const RETRY_MS = [1000, 2000, 4000, 8000, 15000];

// onEntry(entry), onState("open" | "lost" | "replaced")
export function follow(conversation, { onEntry, onState }) {
  let source = null, last = "", failures = 0, timer = 0, closed = false;

  function connect() {
    source = new EventSource(`/playground/stream?conversation=${encodeURIComponent(conversation)}&after=${last}`);
    source.addEventListener("open", () => { failures = 0; onState("open"); });
    source.addEventListener("entry", (event) => { last = event.lastEventId || last; onEntry(JSON.parse(event.data)); });
    source.addEventListener("ended", (event) => {
      source.close();
      // Another tab needed the place: come back only when somebody looks at this one again.
      if (event.data === "replaced") return onState("replaced");
      onState("lost");
      retry();
    });
    source.addEventListener("error", () => {
      if (closed) return;
      onState("lost");
      // A browser retries a broken stream by itself, but gives up where the server answers with an error.
      if (source.readyState === EventSource.CLOSED) retry();
    });
  }

  function retry() {
    clearTimeout(timer);
    timer = setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    failures += 1;
  }

  connect();
  document.addEventListener("visibilitychange", wake);
  function wake() { if (!closed && !document.hidden && source.readyState === EventSource.CLOSED) { failures = 0; retry(); } }
  return { close() { closed = true; document.removeEventListener("visibilitychange", wake); clearTimeout(timer); source.close(); } };
}

// → { status, error }; status 0 where nobody answered. A repeated post with the same id is one event.
export async function post(path, body) {
  try {
    const response = await fetch(`/playground/${path}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), credentials: "omit",
    });
    const answer = await response.json().catch(() => ({}));
    return { status: response.status, ...answer };
  } catch {
    return { status: 0 };
  }
}

export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}
