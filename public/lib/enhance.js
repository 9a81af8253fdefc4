// Dresses what is finished: gives code its colours, reads formulas, and marks words that were found. Loaded when there is something
// of that kind, and not before: the page's inline script knows this file's address, and calls `dress` whenever there is more (see
// `BrowserApi::dress`), and `mark` when a message was found (see `BrowserApi::show_message`).

// What is still being written changes with every word, and is left alone.
const BARE = '.md > .run :is(code[class^="language-"], code[data-formula]):not([data-enhanced])';

// What was finished in an answer that is being written.
const FRESH = '.md.growing > .run code[class^="language-"]:not([data-enhanced])';

// Longer code would hold up the page for longer than colours are worth.
const LONGEST = 60_000;

// Code is dressed when it comes near the window: a long conversation opens no slower for what is in it.
const near = new IntersectionObserver(
  (seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      const code = target.querySelector("code");
      code.parentElement.ariaLive = "off"; // it was told when it came
      load().then(() => colour(code)).catch(() => {}); // what can't be loaded leaves it as it is
    }
  },
  { rootMargin: "600px", scrollMargin: "600px" },
);

async function read(formulas) {
  const { default: init, mathml } = await import("./formulas.js");
  await init({ module_or_path: new URL("./formulas.wasm", import.meta.url) });
  for (const formula of formulas) {
    const found = mathml(formula.textContent, formula.parentElement.matches(".formula"));
    if (found !== undefined) formula.outerHTML = found; // one that can't be read stays as it was written
  }
}

// What finds the colours, once it is here.
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

// What was written just now gets its colours before it is laid out, once they are here: painted twice, it would be seen to change, and
// cost twice. It is on the page as soon as those who are told of it now are through with their work.
addEventListener("enhance", () => {
  if (!highlight || looks) return;
  looks = true;
  queueMicrotask(() => {
    looks = false;
    const fresh = document.querySelectorAll(FRESH);
    // Where more came at once, it was written a while ago.
    if (fresh.length !== 1) return;
    fresh[0].dataset.enhanced = "";
    try {
      colour(fresh[0]);
    } catch {} // it stays as it is
  });
});

// Looks, with the next frame, for what has come onto the page.
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
      import("./pack.js").then(({ watch }) => watch(field), () => {}); // without it the server says what is too large
    }
  });
}

// Where words are not set apart, one may begin anywhere.
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;

// Marks the words of `?found=` in the message that the address leads to, and brings the first of them into view.
export function mark() {
  if (!CSS.highlights) return;
  CSS.highlights.delete("found");
  const words = (new URLSearchParams(location.search).get("found") ?? "").split(" ").filter(Boolean);
  const message = document.getElementById(location.hash.slice(1));
  if (words.length === 0 || message === null) return;
  const pattern = words.map((word) => (UNSPACED.test(word) ? "" : "(?<![\\p{L}\\p{N}])") + word.replace(/[^\p{L}\p{N}\p{M}]/gu, (sign) => "\\u{" + sign.codePointAt(0).toString(16) + "}"));
  const any = new RegExp(pattern.join("|"), "giu");
  const ranges = [];
  for (const part of message.querySelectorAll(".words, .md")) {
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
