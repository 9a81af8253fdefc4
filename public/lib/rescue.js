// Lets the user write on a page whose program does not run: sends the text by the API, and loads the page again, which the server renders
// with the new message. Loaded by `app/src/early.js` only if needed.

// The text of the last attempt, and its ids: trying again sends nothing twice.
let tried;

function id() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

async function call(base, path, data, token) {
  const headers = { "content-type": "application/json", ...(token ? { "holdfast-token": token } : {}) };
  const body = data === undefined ? null : JSON.stringify(data);
  const response = await fetch(`${base}/api/${path}`, { method: "POST", headers, body, redirect: "manual" });
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  let said = `${response.status} ${response.statusText}`;
  try {
    said = JSON.parse(text).error;
  } catch {} // not the server's
  throw new Error(said);
}

async function send({ base, user }, content) {
  const { access_token: token } = await call(base, user ? "auth/refresh" : "auth/guest");
  if (tried?.content !== content) tried = { content, message: id(), conversation: /\/c\/([^/]+)$/.exec(location.pathname)?.[1] };
  tried.conversation ??= (await call(base, "conversations", {}, token)).id;
  await call(base, `conversations/${tried.conversation}/messages`, { message_id: tried.message, content }, token);
  return `${base}/c/${tried.conversation}`;
}

// Returns whether a key sends, by the page's setting.
function sends(event) {
  if (event.key !== "Enter" || event.shiftKey || event.altKey || event.isComposing) return false;
  const isPressed = event.ctrlKey || event.metaKey;
  try {
    if (localStorage.getItem("holdfast.sends") === "ctrl") return isPressed;
  } catch {}
  return !isPressed;
}

export function rescue(page) {
  const field = () => document.getElementById("message");
  const button = () => field()?.closest(".box").querySelector(".primary:not(.stop)");
  const show = () => {
    if (button()) button().disabled = !field().value.trim();
  };
  const tell = (text) => {
    const line = document.getElementById("altered")?.firstElementChild;
    if (line) line.textContent = `${line.textContent.split(" · ")[0]} · ${text}`;
  };
  let isSending = false;
  const go = async () => {
    const content = field().value;
    if (isSending || !content.trim()) return;
    isSending = true;
    try {
      const path = await send(page, content);
      field().value = "";
      localStorage.removeItem(page.draft());
      location.assign(path);
    } catch (error) {
      tell(error.message);
    }
    isSending = false;
  };
  // Before any listeners of the page.
  const on = (name, is, then) =>
    addEventListener(
      name,
      (event) => {
        if (!is(event)) return;
        event.stopImmediatePropagation();
        if (then(event) === true) event.preventDefault();
      },
      true,
    );
  const isField = ({ target }) => target === field();
  on("input", isField, () => {
    page.keep();
    show();
  });
  on("keydown", isField, (event) => {
    if (!sends(event)) return false;
    go();
    return true;
  });
  on("click", ({ target }) => button()?.contains(target), () => {
    go();
    return true;
  });
  if (!field()) return;
  try {
    field().value ||= localStorage.getItem(page.draft()) ?? "";
  } catch {}
  show();
}
