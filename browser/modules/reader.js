// Draws pages of PDF files in the reader, with what an answer cites highlighted, and offers what can be done with selected text.

/** @typedef {import("./pdfjs.js").PdfDocument} PdfDocument */

// Space above the cited words when they are scrolled to, pixels.
const ABOVE = 80;

// Time after which a page is drawn anew when the reader has another width, ms.
const DELAY = 150;

/** The file that was opened last: its address and token, and the document. */
let opened = { key: "", document: /** @type {Promise<PdfDocument> | undefined} */ (undefined) };

const lib = () => import("./pdfjs.js");

/**
 * Returns a document; a file that is open already is not loaded again.
 * @param {string} url
 * @param {string} token
 */
async function open(url, token) {
  const { getDocument, GlobalWorkerOptions } = await lib();
  GlobalWorkerOptions.workerSrc = new URL("./pdfjs-worker.js", import.meta.url).href;
  if (opened.key === url && opened.document) return opened.document;
  opened.document?.then((old) => old.destroy(), () => {});
  const folder = (/** @type {string} */ name) => new URL(`${name}/`, new URL("./", import.meta.url)).href;
  const document = getDocument({
    url: new URL(url, location.href).href,
    httpHeaders: { "holdfast-token": token },
    cMapUrl: folder("pdf-cmaps"),
    cMapPacked: true,
    standardFontDataUrl: folder("pdf-fonts"),
    wasmUrl: folder("pdf-wasm"),
    iccUrl: folder("pdf-icc"),
    verbosity: 0, // files with faults are shown as well as possible, and nothing is logged
    enableXfa: false,
  }).promise;
  opened = { key: url, document };
  document.catch(() => (opened = { key: "", document: undefined }));
  return document;
}

/**
 * Returns the boxes of an attribute: left, upper, right and lower edges in points.
 * @param {string | undefined} text
 * @returns {number[][]}
 */
export function boxes(text) {
  const read = text ? JSON.parse(text) : [];
  return Array.isArray(read) ? read.filter((box) => Array.isArray(box) && box.length === 4 && box.every(Number.isFinite)) : [];
}

/**
 * Returns where a box is on its page, in percent.
 * @param {number[]} box
 * @param {number} width
 * @param {number} height
 */
export function placed([x0 = 0, y0 = 0, x1 = 0, y1 = 0], width, height) {
  const percent = (/** @type {number} */ part, /** @type {number} */ whole) => `${((100 * part) / whole).toFixed(3)}%`;
  return { left: percent(x0, width), top: percent(y0, height), width: percent(x1 - x0, width), height: percent(y1 - y0, height) };
}

/**
 * Adds the highlights to a page.
 * @param {HTMLElement} paper
 */
function highlight(paper) {
  const { width, height, boxes: own, others } = paper.dataset;
  const add = (/** @type {number[]} */ box, /** @type {string} */ name) => {
    const mark = document.createElement("div");
    mark.className = name;
    Object.assign(mark.style, placed(box, Number(width), Number(height)));
    paper.append(mark);
    return mark;
  };
  for (const box of boxes(others)) add(box, "cited other");
  return boxes(own).map((box) => add(box, "cited"))[0];
}

/**
 * Draws a page.
 * @param {HTMLElement} paper
 */
export async function draw(paper) {
  const { pdf = "", token = "", page = "1", size = "100" } = paper.dataset;
  delete paper.dataset["token"];
  paper.ariaBusy = "true";
  try {
    const { TextLayer } = await lib();
    const shown = await (await open(pdf, token)).getPage(Number(page));
    const base = shown.getViewport({ scale: 1 });
    let width = 0;
    const paint = async () => {
      const room = paper.parentElement?.clientWidth ?? 0;
      if (!paper.isConnected || room === width || room === 0) return;
      const isFirst = width === 0;
      width = room;
      const scale = ((Math.max(room - 32, 160) / base.width) * Number(size)) / 100;
      const viewport = shown.getViewport({ scale });
      const canvas = document.createElement("canvas");
      const ratio = Math.min(devicePixelRatio || 1, 3);
      canvas.width = Math.floor(viewport.width * ratio);
      canvas.height = Math.floor(viewport.height * ratio);
      canvas.ariaHidden = "true";
      paper.style.width = `${viewport.width}px`;
      paper.style.height = `${viewport.height}px`;
      paper.style.setProperty("--total-scale-factor", String(scale));
      const text = document.createElement("div");
      text.className = "textLayer";
      paper.replaceChildren(canvas);
      const first = highlight(paper);
      paper.append(text);
      if (isFirst) show(first ?? paper);
      const transform = ratio === 1 ? null : [ratio, 0, 0, ratio, 0, 0];
      await Promise.all([
        shown.render({ canvas, viewport, transform }).promise,
        new TextLayer({ textContentSource: shown.streamTextContent(), container: text, viewport }).render(),
      ]);
      paper.ariaBusy = "false";
    };
    await paint();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const watcher = new ResizeObserver(() => {
      if (!paper.isConnected) return watcher.disconnect();
      clearTimeout(timer);
      timer = setTimeout(() => paint().catch(() => {}), DELAY);
    });
    if (paper.parentElement) watcher.observe(paper.parentElement);
  } catch {
    opened = { key: "", document: undefined };
    // The page tries again with a fresh token, then shows the text.
    if (paper.isConnected) paper.dispatchEvent(new Event("error"));
  }
}

/**
 * Scrolls the reader to the cited words.
 * @param {HTMLElement} what
 */
function show(what) {
  const body = what.closest(".reader-body");
  if (body) body.scrollTop += what.getBoundingClientRect().top - body.getBoundingClientRect().top - ABOVE;
}

/**
 * Watches the reader: scrolls to what is marked, and offers what can be done with selected text.
 * @param {HTMLElement} reader
 */
export function watch(reader) {
  const body = /** @type {HTMLElement | null} */ (reader.querySelector(".reader-body"));
  const actions = /** @type {HTMLElement | null} */ (reader.querySelector(".reader-actions"));
  const field = /** @type {HTMLInputElement | null} */ (reader.querySelector("#reader-selection"));
  if (!body || !actions || !field) return;

  // The sheet of a narrow window must not cover the sentence that it belongs to.
  if (matchMedia("(max-width: 820px)").matches) document.getElementById("opened-from")?.scrollIntoView({ block: "end" });

  /** @type {Element | null} */
  let before = null;
  const look = () => {
    const text = body.querySelector(".text-page, .kept");
    if (!text || text === before) return;
    before = text;
    const mark = /** @type {HTMLElement | null} */ (text.querySelector("mark:not(.faint)") ?? text);
    if (mark) show(mark);
  };
  look();
  new MutationObserver(look).observe(body, { childList: true, subtree: true });

  const select = () => {
    if (!reader.isConnected) return document.removeEventListener("selectionchange", select);
    const selection = getSelection();
    const range = selection && selection.rangeCount > 0 && !selection.isCollapsed ? selection.getRangeAt(0) : null;
    const text = range && body.contains(range.commonAncestorContainer) ? String(selection).trim() : "";
    actions.hidden = text === "";
    if (!range || text === "") return;
    field.value = text;
    const [at, around] = [range.getBoundingClientRect(), body.getBoundingClientRect()];
    const left = Math.min(Math.max(at.left - around.left, 8), body.clientWidth - actions.offsetWidth - 8);
    actions.style.left = `${left + body.scrollLeft}px`;
    actions.style.top = `${at.bottom - around.top + body.scrollTop + 6}px`;
  };
  document.addEventListener("selectionchange", select);
  actions.addEventListener("click", () => {
    actions.hidden = true;
    getSelection()?.removeAllRanges();
  });
}
