// Dresses what is finished: gives code its colours. Loaded when the first block of that kind comes onto the page, and not
// before: the page's inline script knows this file's address, and calls `dress` whenever there is more (see `Desk::dress`).

// What is still being written changes with every word, and is left alone.
const BARE = '.md > div:not(.tail) code[class^="language-"]:not([data-dressed])';

// Longer code would hold up the page for longer than colours are worth.
const LONGEST = 60_000;

// A block is dressed when it comes near the window: a long conversation opens no slower for what is in it.
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
    for (const code of document.querySelectorAll(BARE)) {
      code.dataset.dressed = "";
      near.observe(code.closest("figure"));
    }
  });
}
