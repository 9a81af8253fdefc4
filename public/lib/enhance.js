// Enhances finished content: highlights code, renders formulas, and marks search matches. Loaded only when there is something of the
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
  (seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      const code = target.querySelector("code");
      code.parentElement.ariaLive = "off"; // it was announced when it arrived
      load().then(() => colour(code)).catch(() => {}); // without the highlighter it stays as it is
    }
  },
  { rootMargin: "600px", scrollMargin: "600px" },
);

async function read(formulas) {
  const { default: init, mathml } = await import("./formulas.js");
  await init({ module_or_path: new URL("./formulas.wasm", import.meta.url) });
  for (const formula of formulas) {
    const found = mathml(formula.textContent, formula.parentElement.matches(".formula"));
    if (found !== undefined) formula.outerHTML = found; // a formula with an error stays as source
  }
}

// The highlighter, once it is loaded.
let highlight;

async function load() {
  ({ default: highlight } = await import("./highlight.js"));
}

function colour(code) {
  const language = code.className.slice("language-".length);
  const text = code.textContent;
  if (text.length > LONGEST || !highlight.getLanguage(language)) return;
  code.innerHTML = highlight.highlight(text, { language, ignoreIllegals: true }).value;
}

let looks = false;

let due = false;

// New text is highlighted before it is laid out, if the highlighter is loaded; otherwise the change would be visible, and cost a second
// layout. It is on the page after the microtasks of those who are notified now.
addEventListener("enhance", () => {
  if (!highlight || looks) return;
  looks = true;
  queueMicrotask(() => {
    looks = false;
    const fresh = document.querySelectorAll(FRESH);
    // If more arrived at once, it was written a while ago.
    if (fresh.length !== 1) return;
    fresh[0].dataset.enhanced = "";
    try {
      colour(fresh[0]);
    } catch {} // it stays as it is
  });
});

// Looks for new content in the next frame.
export function enhance() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    const formulas = [];
    for (const code of document.querySelectorAll(BARE)) {
      code.dataset.enhanced = "";
      if ("formula" in code.dataset) formulas.push(code);
      else near.observe(code.closest("figure"));
    }
    if (formulas.length > 0) read(formulas).catch(() => {});
    for (const field of document.querySelectorAll("input[data-packed]:not([data-enhanced])")) {
      field.dataset.enhanced = "";
      import("./pack.js").then(({ watch }) => watch(field), () => {}); // without it the server reports a file that is too large
    }
  });
}

// In scripts without spaces, a word may begin anywhere.
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;

// Marks the words of `?found=` in the message that the address refers to, and scrolls to the first of them.
export function mark() {
  if (!CSS.highlights) return;
  CSS.highlights.delete("found");
  const words = (new URLSearchParams(location.search).get("found") ?? "").split(" ").filter(Boolean);
  const message = document.getElementById(location.hash.slice(1));
  if (words.length === 0 || message === null) return;
  const pattern = words.map((word) => (UNSPACED.test(word) ? "" : "(?<![\\p{L}\\p{N}])") + word.replace(/[^\p{L}\p{N}\p{M}]/gu, (sign) => "\\u{" + sign.codePointAt(0).toString(16) + "}"));
  const any = new RegExp(pattern.join("|"), "giu");
  const ranges = [];
  for (const part of message.querySelectorAll(".text, .md")) {
    const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
      for (const { index, 0: found } of text.data.matchAll(any)) {
        const range = new Range();
        range.setStart(text, index);
        range.setEnd(text, index + found.length);
        ranges.push(range);
      }
    }
  }
  if (ranges.length === 0) return;
  CSS.highlights.set("found", new Highlight(...ranges));
  ranges[0].startContainer.parentElement.scrollIntoView({ block: "center" });
}
