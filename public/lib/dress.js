// Dresses what is finished: gives code its colours, and reads formulas. Loaded when the first block of that kind comes onto the
// page, and not before: the page's inline script knows this file's address, and calls `dress` whenever there is more (see `Desk::dress`).

// What is still being written changes with every word, and is left alone.
const BARE = '.md > .run :is(code[class^="language-"], code[data-formula]):not([data-dressed])';

// Longer code would hold up the page for longer than colours are worth.
const LONGEST = 60_000;

// Code is dressed when it comes near the window: a long conversation opens no slower for what is in it.
const near = new IntersectionObserver(
  (seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      colour(target.querySelector("code")).catch(() => {}); // what can't be loaded leaves it as it is
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

async function colour(code) {
  const { default: highlight } = await import("./highlight.js");
  const language = code.className.slice("language-".length);
  const text = code.textContent;
  if (text.length > LONGEST || !highlight.getLanguage(language)) return;
  code.innerHTML = highlight.highlight(text, { language, ignoreIllegals: true }).value;
}

let due = false;

// Looks, with the next frame, for what has come onto the page.
export function dress() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    const formulas = [];
    for (const code of document.querySelectorAll(BARE)) {
      code.dataset.dressed = "";
      if ("formula" in code.dataset) formulas.push(code);
      else near.observe(code.closest("figure"));
    }
    if (formulas.length > 0) read(formulas).catch(() => {});
  });
}
