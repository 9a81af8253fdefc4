// Lets the user write on a page whose program does not run: sends the text by the API, and loads the page again, which the server renders
// with the new message. Loaded by `inline/early.js` only if needed.

/**
 * The text of the last attempt, and its ids: trying again sends nothing twice.
 * @type {{ content: string, message: string, conversation: string | undefined } | undefined}
 */
let attempt;

/** Returns a random UUID. `crypto.randomUUID` does not exist on pages without TLS. */
function id() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * Calls the API and returns its reply. Throws the server's sentence if it refuses.
 * @param {string} base
 * @param {string} path
 * @param {unknown} [data]
 * @param {string} [token]
 */
async function call(base, path, data, token) {
  const headers = { "content-type": "application/json", ...(token ? { "holdfast-token": token } : {}) };
  const body = data === undefined ? null : JSON.stringify(data);
  const response = await fetch(`${base}/api/${path}`, { method: "POST", headers, body, redirect: "manual" });
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  let sentence = `${response.status} ${response.statusText}`;
  try {
    sentence = JSON.parse(text).error;
  } catch {} // the reply is not the server's
  throw new Error(sentence);
}

/**
 * Sends a message, and returns the path of its conversation.
 * @param {Pick<RescuePage, "base" | "user">} page
 * @param {string} content
 */
export async function send({ base, user }, content) {
  const { access_token: token } = await call(base, user ? "auth/refresh" : "auth/guest");
  if (attempt?.content !== content) attempt = { content, message: id(), conversation: /\/c\/([^/]+)$/.exec(location.pathname)?.[1] };
  const { message } = attempt;
  const conversation = (attempt.conversation ??= String((await call(base, "conversations", {}, token)).id));
  await call(base, `conversations/${conversation}/messages`, { message_id: message, content }, token);
  return `${base}/c/${conversation}`;
}

/**
 * Returns whether a key sends, by the page's setting.
 * @param {Pick<KeyboardEvent, "key" | "shiftKey" | "altKey" | "ctrlKey" | "metaKey" | "isComposing">} event
 */
export function sends(event) {
  if (event.key !== "Enter" || event.shiftKey || event.altKey || event.isComposing) return false;
  const isPressed = event.ctrlKey || event.metaKey;
  try {
    if (localStorage.getItem("holdfast.sends") === "ctrl") return isPressed;
  } catch {}
  return !isPressed;
}

/**
 * Makes the composer work without the program.
 * @param {RescuePage} page
 */
export function rescue(page) {
  /** @returns {HTMLTextAreaElement | null} */
  const field = () => document.querySelector("#message");
  /** @returns {HTMLButtonElement | null | undefined} */
  const button = () => field()?.closest(".box")?.querySelector(".primary:not(.stop)");
  const show = () => {
    const it = button();
    if (it) it.disabled = !field()?.value.trim();
  };
  /** @param {string} text */
  const report = (text) => {
    const line = document.getElementById("altered")?.firstElementChild;
    if (line) line.textContent = `${line.textContent?.split(" · ")[0]} · ${text}`;
  };
  let isSending = false;
  const go = async () => {
    const content = field()?.value ?? "";
    if (isSending || !content.trim()) return;
    isSending = true;
    try {
      const path = await send(page, content);
      const it = field();
      if (it) it.value = "";
      localStorage.removeItem(page.draftKey());
      location.assign(path);
    } catch (error) {
      report(error instanceof Error ? error.message : String(error));
    }
    isSending = false;
  };
  /**
   * Handles events before any listeners of the page. `then` returns true to prevent what the browser does.
   * @template {keyof WindowEventMap} N
   * @param {N} name
   * @param {(event: WindowEventMap[N]) => boolean} applies
   * @param {(event: WindowEventMap[N]) => boolean} then
   */
  const on = (name, applies, then) =>
    addEventListener(
      name,
      (event) => {
        if (!applies(event)) return;
        event.stopImmediatePropagation();
        if (then(event)) event.preventDefault();
      },
      true,
    );
  /** @param {Event} event */
  const isField = ({ target }) => target !== null && target === field();
  on("input", isField, () => {
    page.store();
    show();
    return false;
  });
  on("keydown", isField, (event) => {
    if (!sends(event)) return false;
    go();
    return true;
  });
  on("click", ({ target }) => target instanceof Node && (button()?.contains(target) ?? false), () => {
    go();
    return true;
  });
  const it = field();
  if (!it) return;
  try {
    it.value ||= localStorage.getItem(page.draftKey()) ?? "";
  } catch {}
  show();
}
