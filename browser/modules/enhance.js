// Enhances finished content: highlights code, renders formulas, draws pages, and marks search matches. Loaded only when there is something of the
// kind: the page's inline script knows this file's address, and calls it for new content (see `BrowserApi::enhance`), and when a search
// result is shown (see `BrowserApi::show_message`).

// Text that is still growing changes with every word, so it is skipped.
const BARE = '.md > .blocks :is(code[class^="language-"], code[data-formula]):not([data-enhanced])';

// Finished blocks of a growing answer.
const FRESH = '.md.growing > .blocks code[class^="language-"]:not([data-enhanced])';

// Longer code would block the page for too long.
const LONGEST = 60_000;

// Code is highlighted when it comes near the visible area, so that long conversations open quickly.
const near = new IntersectionObserver(
  (changes) => {
    for (const { isIntersecting, target } of changes) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      const code = target.querySelector("code");
      if (!code) continue;
      if (code.parentElement) code.parentElement.ariaLive = "off"; // it was announced when it arrived
      load().then(() => colour(code)).catch(() => {}); // without the highlighter it stays as it is
    }
  },
  /** @type {IntersectionObserverInit} */ ({ rootMargin: "600px", scrollMargin: "600px" }),
);

/**
 * Replaces the sources of formulas by MathML. A formula with an error stays as source.
 * @param {HTMLElement[]} formulas
 */
async function render(formulas) {
  const { default: init, mathml } = await import("./formulas.js");
  await init({ module_or_path: new URL("./formulas.wasm", import.meta.url) });
  for (const formula of formulas) {
    const found = mathml(formula.textContent ?? "", formula.parentElement?.matches(".formula") ?? false);
    if (found !== undefined) formula.outerHTML = found;
  }
}

/**
 * The highlighter, once it is loaded.
 * @type {import("./highlight.js").Highlighter | undefined}
 */
let highlighter;

async function load() {
  ({ default: highlighter } = await import("./highlight.js"));
}

/**
 * Highlights a block of code, if the highlighter is loaded and knows the language.
 * @param {Element} code
 */
function colour(code) {
  const language = code.className.slice("language-".length);
  const text = code.textContent ?? "";
  if (text.length > LONGEST || !highlighter?.getLanguage(language)) return;
  code.innerHTML = highlighter.highlight(text, { language, ignoreIllegals: true }).value;
}

// Whether fresh code is looked for after the current microtasks, and whether all new content is looked for in the next frame.
let isChecking = false;
let isScheduled = false;

// New text is highlighted before it is laid out, if the highlighter is loaded; otherwise the change would be visible, and cost a second
// layout. It is on the page after the microtasks of those who are notified now.
addEventListener("enhance", () => {
  if (!highlighter || isChecking) return;
  isChecking = true;
  queueMicrotask(() => {
    isChecking = false;
    /** @type {NodeListOf<HTMLElement>} */
    const [code, ...others] = document.querySelectorAll(FRESH);
    // If more arrived at once, it was written a while ago.
    if (!code || others.length > 0) return;
    code.dataset.enhanced = "";
    try {
      colour(code);
    } catch {} // it stays as it is
  });
});

// Buttons of blocks and links to images have no handlers of their own.
addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  /** @type {HTMLElement | null} */
  const clicked = event.target.closest(".md :is([data-save], [data-csv], [data-copy-table], [data-preview], a.image:not(.shown, .missing))");
  if (!clicked) return;
  if (clicked instanceof HTMLAnchorElement) event.preventDefault();
  import("./blocks.js").then(({ act }) => act(clicked), () => {});
});

// Looks for new content in the next frame.
export function enhance() {
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    /** @type {HTMLElement[]} */
    const formulas = [];
    /** @type {NodeListOf<HTMLElement>} */
    const found = document.querySelectorAll(BARE);
    for (const code of found) {
      code.dataset.enhanced = "";
      const figure = code.closest("figure");
      if ("formula" in code.dataset) formulas.push(code);
      else if (figure) near.observe(figure);
    }
    if (formulas.length > 0) render(formulas).catch(() => {});
    /** @type {NodeListOf<HTMLInputElement>} */
    const fields = document.querySelectorAll("input[data-packed]:not([data-enhanced])");
    /** @type {NodeListOf<HTMLElement>} */
    const readers = document.querySelectorAll(".reader:not([data-enhanced], [hidden])");
    for (const reader of readers) {
      reader.dataset.enhanced = "";
      import("./reader.js").then(({ watch }) => watch(reader), () => {}); // without it the page can be read
    }
    /** @type {NodeListOf<HTMLElement>} */
    const papers = document.querySelectorAll(".paper:not([data-enhanced])");
    for (const paper of papers) {
      paper.dataset.enhanced = "";
      import("./reader.js").then(({ draw }) => draw(paper), () => paper.dispatchEvent(new Event("error")));
    }
    // Without the module, a citation is a link.
    if (document.querySelector("a.cite")) import("./cite.js").catch(() => {});
    for (const field of fields) {
      field.dataset.enhanced = "";
      import("./pack.js").then(({ watch }) => watch(field), () => {}); // without it the server reports a file that is too large
    }
    /** @type {NodeListOf<HTMLInputElement>} */
    const uploads = document.querySelectorAll("input[data-upload]:not([data-enhanced])");
    for (const field of uploads) {
      field.dataset.enhanced = "";
      // Tried again with the next new content, or when the user wants to choose files.
      import("./upload.js").then(({ watch }) => watch(field), () => delete field.dataset.enhanced);
    }
  });
}

// In scripts without spaces, a word may begin anywhere.
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;

/**
 * Returns a pattern that finds the beginnings of words.
 * @param {string[]} words
 */
export function patternOf(words) {
  const patterns = words.map((word) => {
    const escaped = word.replace(/[^\p{L}\p{N}\p{M}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
    return (UNSPACED.test(word) ? "" : "(?<![\\p{L}\\p{N}])") + escaped;
  });
  return new RegExp(patterns.join("|"), "giu");
}

// Marks the words of `?found=` in the message that the address refers to, and scrolls to the first of them.
export function mark() {
  if (!CSS.highlights) return;
  CSS.highlights.delete("found");
  const words = (new URLSearchParams(location.search).get("found") ?? "").split(" ").filter(Boolean);
  const message = document.getElementById(location.hash.slice(1));
  if (words.length === 0 || message === null) return;
  const pattern = patternOf(words);
  /** @type {Range[]} */
  const ranges = [];
  for (const part of message.querySelectorAll(".text, .md")) {
    const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = /** @type {Text} */ (texts.currentNode);
      for (const { index, 0: found } of text.data.matchAll(pattern)) {
        const range = new Range();
        range.setStart(text, index);
        range.setEnd(text, index + found.length);
        ranges.push(range);
      }
    }
  }
  if (ranges.length === 0) return;
  CSS.highlights.set("found", new Highlight(...ranges));
  ranges[0]?.startContainer.parentElement?.scrollIntoView({ block: "center" });
}
