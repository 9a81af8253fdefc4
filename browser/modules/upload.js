// Uploads files: for the next message, and on the page with all files. Loaded by `enhance.js` for a field with `data-upload`.
//
// The program shows what this module reports as JSON in the element that `data-upload` names. Buttons of the program name what they do
// in attributes (`data-upload-remove`, …). Uploads continue after a cut and after a reload: what is being uploaded is listed beside the
// draft of the message, and the file itself is in a cache of the browser until the server has it.

/**
 * A file that is being uploaded, or was.
 * @typedef {{
 *   key: string, id?: string, name: string, type: string, size: number, sent: number,
 *   state: "waiting" | "sending" | "sent" | "failed" | "lost", error?: unknown, problem?: "kind" | "empty" | "folder"
 * }} Item
 */

/**
 * The files of a place: of the next message of a conversation, or of the page with all files.
 * @typedef {{ owner: string, name: string, items: Item[] }} Place
 */

/** The owner of what was written while nobody is signed in, as in `frontend/src/storage.rs`. */
const NOBODY = "new";

/** The place of the page with all files. What is uploaded there needs no list afterwards, because that page has its own. */
const ALL = "materials";

/** Number of uploads at once. */
const AT_ONCE = 3;

/** Bytes of one request. A proxy that accepts less is sent less. */
const PIECE = 8 * 1024 * 1024;
const SMALL_PIECE = 512 * 1024;

/** Waiting times after failed requests, ms. A request that gets through begins them anew. */
const PAUSES = [500, 1_000, 2_000, 4_000, 8_000];

/** Waiting time after the last of them, ms. */
const LONG_PAUSE = 10_000;

/** Number of characters from which a pasted text is offered as a file. */
const LONG_TEXT = 20_000;

/** Names of files that contain no text, or none that the server reads. */
const UNREADABLE = /\.(7z|apk|avif|avi|bin|bmp|bz2|deb|dll|dmg|doc|exe|flac|gif|gz|heic|ico|iso|jar|jpe?g|m4a|mkv|mov|mp3|mp4|msi|ogg|png|ppt|rar|rpm|rtf|tar|tgz|tiff?|wav|webm|webp|xls|xz|zip)$/i;

/** @type {Map<string, Place>} */
const places = new Map();

/** Uploads that run, and files that wait for theirs, by key. @type {Map<string, { file: File, stop: () => void }>} */
const running = new Map();

/** The field on the page. @type {HTMLInputElement | undefined} */
let field;

/** The text that was pasted last, if it is long. @type {{ area: HTMLTextAreaElement, text: string } | undefined} */
let pasted;

/** @param {Pick<Place, "owner" | "name">} place */
const keyOf = ({ owner, name }) => `holdfast.draft.${owner}.${name}.files`;

/** Returns the place of the field. */
function here() {
  const { owner, place: name } = field?.dataset ?? {};
  if (!field?.isConnected || owner === undefined || name === undefined) return undefined;
  const key = keyOf({ owner, name });
  let place = places.get(key);
  if (place === undefined) {
    place = { owner, name, items: stored(key) };
    places.set(key, place);
    for (const item of place.items) if (item.state !== "sent") restore(place, item);
  }
  return place;
}

/**
 * Returns the stored list of a place.
 * @param {string} key
 * @returns {Item[]}
 */
function stored(key) {
  try {
    /** @type {Item[]} */
    const items = JSON.parse(localStorage.getItem(key) ?? "[]");
    return items.map((item) => (item.state === "sent" ? item : { ...item, state: "waiting" }));
  } catch {
    return [];
  }
}

/** @param {Place} place */
function store(place) {
  const kept = place.items.filter((item) => item.problem === undefined && (item.state !== "sent" || place.name !== ALL));
  try {
    if (kept.length > 0) localStorage.setItem(keyOf(place), JSON.stringify(kept));
    else localStorage.removeItem(keyOf(place));
  } catch {} // then they do not survive a reload
}

let isScheduled = false;

/** Reports to the program, soon. */
function report() {
  if (isScheduled) return;
  isScheduled = true;
  setTimeout(() => {
    isScheduled = false;
    const place = here();
    const into = document.getElementById(field?.dataset.upload ?? "");
    if (place === undefined || !(into instanceof HTMLInputElement)) return;
    // The page with all files also shows how far those are that were begun elsewhere.
    const others = place.name === ALL ? [...places.values()].filter((other) => other !== place && other.owner === place.owner) : [];
    const items = [place, ...others].flatMap(({ items }) => (place.name === ALL ? items.filter(({ state }) => state !== "sent") : items));
    into.value = JSON.stringify({ place: place.name, items, offer: pasted?.text.length ?? 0 });
    into.dispatchEvent(new Event("input", { bubbles: true }));
  }, 30);
}

// ---- access ----

/** @type {{ value: Promise<string>, until: number } | undefined} */
let token;

/** Returns the base path of the server. */
const base = () => field?.dataset.base ?? "";

/** An answer of the server that is an error. */
class Refused extends Error {
  /** @param {unknown} reply */
  constructor(reply) {
    super("refused");
    this.reply = reply;
  }
}

/**
 * Asks for an access token. Returns nothing if nobody is signed in.
 * @param {"guest" | "refresh"} how
 * @returns {Promise<{ access_token: string, expires_at: number, user: { id: string } } | undefined>}
 */
async function grant(how) {
  const response = await fetch(`${base()}/api/auth/${how}`, { method: "POST", redirect: "manual" });
  if (how === "refresh" && response.status === 401) return undefined;
  const reply = await response.json();
  if (!response.ok) throw new Refused(reply);
  return reply;
}

/** Creates a guest, unless another tab has; as `frontend/src/driver/token.rs` does. */
async function becomeGuest() {
  const begin = async () => {
    const granted = (localStorage.getItem("holdfast.somebody") ? await grant("refresh") : undefined) ?? (await grant("guest"));
    if (granted === undefined) throw new Error("no token");
    localStorage.setItem("holdfast.somebody", granted.user.id);
    new BroadcastChannel("holdfast").postMessage(`signed in:${granted.user.id}`);
    return granted;
  };
  return navigator.locks ? await navigator.locks.request("holdfast.guest", begin) : await begin();
}

/** Returns a valid access token. */
async function access() {
  if (token === undefined || token.until < Date.now()) {
    const asked = field?.dataset.owner === NOBODY ? becomeGuest() : grant("refresh");
    const value = asked.then((granted) => {
      if (granted === undefined) throw new Error("no token");
      asking.until = Math.min(asking.until, (Date.now() + granted.expires_at) / 2);
      return granted.access_token;
    });
    const asking = { value, until: Date.now() + 5 * 60_000 };
    token = asking;
    value.catch(() => (token = undefined));
  }
  return await token.value;
}

// ---- files that wait ----

/** Returns the cache for files of an owner. It ends with the session, as the stored pages do. @param {string} owner */
const cacheOf = (owner) => caches.open(`holdfast.pages.${owner === NOBODY ? "nobody" : owner}.uploads`);

/** @param {Item} item */
const addressOf = (item) => `${base()}/uploads/${item.key}`;

/**
 * Keeps a file until it is uploaded, so that the upload continues after a reload.
 * @param {Place} place
 * @param {Item} item
 * @param {File} file
 */
async function keep(place, item, file) {
  try {
    await (await cacheOf(place.owner)).put(addressOf(item), new Response(file));
    if (!place.items.includes(item) || item.state === "sent") await forget(place, item);
  } catch {} // without HTTPS, or without room: after a reload the user is asked for the file
}

/**
 * @param {Place} place
 * @param {Item} item
 */
async function forget(place, item) {
  try {
    await (await cacheOf(place.owner)).delete(addressOf(item));
  } catch {}
}

/**
 * Continues an upload of an earlier page.
 * @param {Place} place
 * @param {Item} item
 */
async function restore(place, item) {
  try {
    const found = await (await cacheOf(place.owner)).match(addressOf(item));
    if (found) return await run(place, item, new File([await found.blob()], item.name, { type: item.type }));
  } catch {}
  item.state = "lost";
  report();
}

// ---- uploads ----

/** @type {(() => void)[]} */
const queue = [];
let slots = AT_ONCE;

async function slot() {
  if (slots > 0) slots -= 1;
  else await new Promise((resolve) => queue.push(() => resolve(undefined)));
}

function release() {
  const next = queue.shift();
  if (next) next();
  else slots += 1;
}

/**
 * Uploads a file, or the rest of it. Only one tab does.
 * @param {Place} place
 * @param {Item} item
 * @param {File} file
 */
async function run(place, item, file) {
  const stops = new AbortController();
  running.set(item.key, { file, stop: () => stops.abort() });
  Object.assign(item, { state: "waiting", error: undefined });
  report();
  const upload = async () => {
    // Another tab may have done it meanwhile.
    const known = stored(keyOf(place)).find(({ key }) => key === item.key);
    if (known?.state === "sent") Object.assign(item, known);
    if (stops.signal.aborted || item.state === "sent") return;
    await slot();
    try {
      while (!stops.signal.aborted && !(await attempt(place, item, file, stops.signal))) await pause(stops.signal);
    } finally {
      release();
    }
  };
  try {
    if (navigator.locks) await navigator.locks.request(`holdfast.upload.${item.key}`, { signal: stops.signal }, upload);
    else await upload();
  } catch (error) {
    if (!stops.signal.aborted) Object.assign(item, { state: "failed", error: error instanceof Refused ? error.reply : undefined });
  }
  if (running.get(item.key)?.file === file && item.state !== "failed") running.delete(item.key);
  if (stops.signal.aborted) return;
  if (item.state === "sent") forget(place, item);
  if (item.state === "sent" && place.name === ALL) place.items = place.items.filter((other) => other !== item);
  store(place);
  report();
}

/**
 * Waits until it is worth trying again.
 * @param {AbortSignal} signal
 */
function pause(signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LONG_PAUSE);
    const now = () => {
      clearTimeout(timer);
      resolve(undefined);
    };
    addEventListener("online", now, { once: true, signal });
    signal.addEventListener("abort", now, { once: true });
  });
}

/**
 * Uploads a file until it is there, refused, or not getting through. Returns whether it is settled.
 * @param {Place} place
 * @param {Item} item
 * @param {File} file
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>}
 */
async function attempt(place, item, file, signal) {
  try {
    // It is a script for any kind of page, which tells its functions to the window.
    await import("./tus.js");
  } catch {
    return false;
  }
  return await new Promise((resolve) => {
    /** @type {import("../types/tus.d.ts").Upload} */
    const upload = new window.tus.Upload(file, {
      endpoint: `${base()}/api/files`,
      uploadUrl: item.id ? `${base()}/api/files/${item.id}` : null,
      metadata: { filename: item.name, filetype: item.type },
      chunkSize: PIECE,
      retryDelays: PAUSES,
      storeFingerprintForResuming: false,
      onBeforeRequest: async (request) => request.setHeader("holdfast-token", await access()),
      onUploadUrlAvailable: () => {
        item.id = upload.url?.split("/").at(-1) ?? "";
        store(place);
        report();
      },
      onProgress: (sent) => {
        Object.assign(item, { sent, state: "sending" });
        report();
      },
      onSuccess: () => {
        Object.assign(item, { sent: item.size, state: "sent" });
        resolve(true);
      },
      onShouldRetry: (error) => {
        const isWorth = replyOf(error, upload) === "again";
        if (isWorth) item.state = "waiting";
        report();
        return isWorth;
      },
      onError: (error) => {
        const reply = replyOf(error, upload);
        Object.assign(item, reply === "again" ? { state: "waiting" } : { state: "failed", error: reply });
        report();
        resolve(reply !== "again");
      },
    });
    signal.addEventListener("abort", () => {
      upload.abort().catch(() => {});
      resolve(true);
    });
    upload.start();
  });
}

/**
 * Returns the server's error, or "again" if trying again may help.
 * @param {import("../types/tus.d.ts").DetailedError} error
 * @param {import("../types/tus.d.ts").Upload} upload
 * @returns {unknown}
 */
function replyOf(error, upload) {
  if (error.causingError instanceof Refused) return error.causingError.reply;
  const status = error.originalResponse?.getStatus() ?? 0;
  /** @type {{ code?: string } | undefined} */
  let reply;
  try {
    reply = JSON.parse(error.originalResponse?.getBody() ?? "");
  } catch {}
  if (status === 401) token = undefined;
  // A proxy accepts smaller requests only.
  if (status === 413 && reply?.code === undefined && upload.options.chunkSize > SMALL_PIECE) {
    upload.options.chunkSize = SMALL_PIECE;
    return "again";
  }
  const isFull = reply?.code === "quota_exceeded" || reply?.code === "disk_full";
  return !isFull && (status === 0 || status >= 500 || [401, 408, 409, 423, 429].includes(status)) ? "again" : reply;
}

// ---- what the user does ----

function freshKey() {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Returns why a file can't be used, if that is known before it is sent.
 * @param {Pick<File, "name" | "size">} file
 * @returns {Item["problem"]}
 */
export function problemOf({ name, size }) {
  if (UNREADABLE.test(name)) return "kind";
  return size === 0 ? "empty" : undefined;
}

/**
 * Adds files to the place on the page.
 * @param {Iterable<File>} files
 * @param {(string | undefined)[]} [folders] names of those that are folders
 */
function add(files, folders = []) {
  const place = here();
  if (place === undefined) return;
  for (const file of files) {
    const again = place.items.find(({ state, name, size }) => state === "lost" && name === file.name && size === file.size);
    if (again) {
      keep(place, again, file);
      run(place, again, file);
      continue;
    }
    if (place.items.some(({ name, size, state, problem }) => name === file.name && size === file.size && state !== "failed" && !problem)) continue;
    const problem = folders.includes(file.name) ? "folder" : problemOf(file);
    /** @type {Item} */
    const item = { key: freshKey(), name: file.name, type: file.type, size: file.size, sent: 0, state: problem ? "failed" : "waiting", ...(problem ? { problem } : {}) };
    place.items.push(item);
    if (problem) continue;
    keep(place, item, file);
    run(place, item, file);
  }
  store(place);
  report();
}

/** @param {string} key */
function find(key) {
  for (const place of places.values()) {
    const item = place.items.find((item) => item.key === key);
    if (item) return { place, item };
  }
  return undefined;
}

/**
 * Takes a file off the list. An unfinished upload ends; a file that the server has stays among the user's files.
 * @param {string} key
 */
async function remove(key) {
  const found = find(key);
  if (!found) return;
  const { place, item } = found;
  running.get(key)?.stop();
  running.delete(key);
  place.items = place.items.filter((other) => other !== item);
  store(place);
  report();
  forget(place, item);
  if (item.id === undefined || item.state === "sent") return;
  try {
    await fetch(`${base()}/api/files/${item.id}`, { method: "DELETE", redirect: "manual", headers: { "holdfast-token": await access() } });
  } catch {} // the server removes it after a day
}

/** @param {string} key */
function retry(key) {
  const found = find(key);
  const file = running.get(key)?.file;
  if (!found || found.item.state !== "failed") return;
  if (file) run(found.place, found.item, file);
  else restore(found.place, found.item);
}

/**
 * Makes a file of the text that was pasted last, or leaves it as it is.
 * @param {boolean} asFile
 */
function decide(asFile) {
  const it = pasted;
  pasted = undefined;
  report();
  if (!asFile || it === undefined) return;
  const { area, text } = it;
  const before = area.value;
  // The field has line ends of its own.
  area.value = before.replace(text.replaceAll("\r\n", "\n"), () => "").trim();
  area.dispatchEvent(new Event("input", { bubbles: true }));
  const names = new Set(here()?.items.map(({ name }) => name));
  const stem = field?.dataset.pasted ?? "Text";
  let name = `${stem}.txt`;
  for (let number = 2; names.has(name); number += 1) name = `${stem} ${number}.txt`;
  add([new File([text], name, { type: "text/plain" })]);
  area.focus();
}

addEventListener("click", ({ target }) => {
  if (!(target instanceof Element)) return;
  const button = target.closest("[data-upload-choose],[data-upload-remove],[data-upload-retry],[data-upload-paste]");
  if (!(button instanceof HTMLElement)) return;
  const { uploadChoose, uploadRemove, uploadRetry, uploadPaste } = button.dataset;
  if (uploadChoose !== undefined) field?.click();
  if (uploadRemove) remove(uploadRemove);
  if (uploadRetry) retry(uploadRetry);
  if (uploadPaste) decide(uploadPaste === "file");
});

addEventListener("paste", (event) => {
  const data = event.clipboardData;
  const isOther = event.target instanceof HTMLInputElement || (event.target instanceof HTMLTextAreaElement && event.target.id !== "message");
  if (!data || isOther || here() === undefined) return;
  const text = data.getData("text/plain");
  // Programs for texts and tables also give a picture of what they give as text.
  if (data.files.length > 0 && !text) {
    event.preventDefault();
    add(data.files);
  } else if (text.length > LONG_TEXT && event.target instanceof HTMLTextAreaElement) {
    pasted = { area: event.target, text };
    report();
  }
});

addEventListener("input", ({ target }) => {
  if (pasted && target === pasted.area && pasted.area.value.length < LONG_TEXT) {
    pasted = undefined;
    report();
  }
});

/** @param {boolean} isShown */
function showDrop(isShown) {
  const area = document.querySelector("[data-drop]");
  if (area instanceof HTMLElement) area.hidden = !isShown;
}

/** @param {DragEvent} event */
const carriesFiles = (event) => here() !== undefined && (event.dataTransfer?.types.includes("Files") ?? false);

for (const name of /** @type {const} */ (["dragenter", "dragover"])) {
  addEventListener(name, (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    showDrop(true);
  });
}

addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) showDrop(false);
});

addEventListener("drop", (event) => {
  showDrop(false);
  if (!carriesFiles(event) || !event.dataTransfer) return;
  event.preventDefault();
  const folders = [...event.dataTransfer.items].filter((item) => item.kind === "file" && item.webkitGetAsEntry()?.isDirectory);
  add(event.dataTransfer.files, folders.map((item) => item.getAsFile()?.name));
});

// Another tab has changed the list.
addEventListener("storage", ({ key }) => {
  const place = [...places.values()].find((place) => keyOf(place) === key);
  if (!place || key === null) return;
  const known = stored(key);
  const mine = place.items.filter((item) => running.has(item.key) && known.some((other) => other.key === item.key));
  for (const item of place.items) if (!mine.includes(item)) running.get(item.key)?.stop();
  place.items = known.map((item) => mine.find((mine) => mine.key === item.key && item.state !== "sent") ?? item);
  report();
});

/** Does what the program asks by attributes of the field. */
const observer = new MutationObserver((changes) => {
  for (const { attributeName, oldValue } of changes) {
    if (!field) continue;
    if (attributeName === "data-owner") adopt(oldValue ?? NOBODY, field.dataset.owner ?? NOBODY);
    if (attributeName === "data-sent" && field.dataset.sent) clear(field.dataset.sent);
    if (attributeName === "data-add" && field.dataset.add) takeBack(field.dataset.add);
  }
  report();
});

/**
 * Hands what was added while nobody was signed in to the user, or drops what belongs to another user.
 * @param {string} before
 * @param {string} now
 */
function adopt(before, now) {
  for (const [key, place] of places) {
    if (place.owner === now) continue;
    places.delete(key);
    if (place.owner === NOBODY && before === NOBODY) {
      const moved = Object.assign(place, { owner: now });
      places.set(keyOf(moved), moved);
      store(moved);
      for (const item of moved.items) {
        const file = running.get(item.key)?.file;
        if (file) keep(moved, item, file);
      }
    } else {
      for (const { key } of place.items) running.get(key)?.stop();
    }
  }
  if (before !== NOBODY) token = undefined;
}

/**
 * Takes files off the lists, because their message was sent.
 * @param {string} ids
 */
function clear(ids) {
  const sent = ids.split(" ");
  for (const place of places.values()) {
    place.items = place.items.filter(({ id }) => id === undefined || !sent.includes(id));
    store(place);
  }
}

/**
 * Adds files that the server has: those of a message that the user took back.
 * @param {string} ids
 */
function takeBack(ids) {
  const place = here();
  if (!place) return;
  for (const id of ids.split(" ")) {
    if (!place.items.some((item) => item.id === id)) place.items.push({ key: freshKey(), id, name: "", type: "", size: 0, sent: 0, state: "sent" });
  }
  store(place);
}

/**
 * Takes over a field.
 * @param {HTMLInputElement} it
 */
export function watch(it) {
  field = it;
  observer.disconnect();
  observer.observe(it, { attributes: true, attributeOldValue: true, attributeFilter: ["data-owner", "data-place", "data-sent", "data-add"] });
  it.addEventListener("change", () => {
    add([...(it.files ?? [])]);
    it.value = "";
  });
  if (!document.querySelector("link[data-files]")) {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("./files.css", import.meta.url).href });
    style.dataset.files = "";
    document.head.append(style);
  }
  here();
  report();
}
