// Shows the passage that a citation leads to in a card beside it, on hover and focus. A click on the citation whose passage is open closes
// the reader.

// Time after which the card appears and disappears, ms. The pointer can move into the card meanwhile.
const DELAY = 150;

// Distance between the card and the citation, and between the card and the edges of the window, pixels.
const GAP = 6;
const EDGE = 8;

/** The id of the link that the reader was opened from. The page returns the focus to it. */
const OPENED_FROM = "opened-from";

const card = document.createElement("div");
card.id = "cite-card";
card.className = "cite-card";
card.role = "tooltip";
card.popover = "manual";

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {HTMLAnchorElement | undefined} */
let shownFor;

/** Loads a style sheet of this folder; the browser stores it. */
const styled = new Promise((resolve) => {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL("./reader.css", import.meta.url).href;
  link.onload = link.onerror = resolve;
  document.head.append(link);
});

/**
 * Returns the citation that an event belongs to.
 * @param {Event} event
 */
const citation = ({ target }) => (target instanceof Element ? /** @type {HTMLAnchorElement | null} */ (target.closest("a.cite")) : null);

function hide() {
  clearTimeout(timer);
  shownFor?.removeAttribute("aria-describedby");
  shownFor = undefined;
  if (card.matches(":popover-open")) card.hidePopover();
}

/**
 * Returns where the card is, in pixels from the upper left corner of the window: below the citation, or above it where there is more room.
 * @param {{ left: number, top: number, bottom: number }} cite
 * @param {{ width: number, height: number }} card
 * @param {{ width: number, height: number }} view
 */
export function place(cite, card, view) {
  const left = Math.max(EDGE, Math.min(cite.left, view.width - card.width - EDGE));
  const below = cite.bottom + GAP;
  const isBelow = below + card.height <= view.height - EDGE || cite.top < view.height - cite.bottom;
  return { left, top: isBelow ? below : Math.max(EDGE, cite.top - GAP - card.height) };
}

/** @param {HTMLAnchorElement} cite */
async function show(cite) {
  await styled;
  const passage = document.getElementById(decodeURIComponent(cite.hash.slice(1)));
  if (!passage || !cite.isConnected) return;
  hide();
  const texts = [...passage.childNodes].map((node) => node.cloneNode(true));
  const note = cite.querySelector("span") && cite.getAttribute("aria-label")?.split(". ").at(-1);
  card.replaceChildren(...texts);
  if (note) {
    const line = document.createElement("p");
    line.className = "unverified";
    line.textContent = note;
    card.append(line);
  }
  (document.getElementById("main") ?? document.body).append(card);
  card.showPopover();
  const at = place(cite.getBoundingClientRect(), card.getBoundingClientRect(), { width: innerWidth, height: innerHeight });
  card.style.left = `${at.left}px`;
  card.style.top = `${at.top}px`;
  cite.setAttribute("aria-describedby", card.id);
  shownFor = cite;
  card.querySelector("mark")?.scrollIntoView({ block: "nearest" });
}

/** @param {() => void} act */
function later(act) {
  clearTimeout(timer);
  timer = setTimeout(act, DELAY);
}

/** @param {EventTarget | null} target */
const isCard = (target) => target instanceof Node && card.contains(target);

addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
  const cite = citation(event);
  if (cite && cite !== shownFor) later(() => show(cite));
  else if (cite || isCard(event.target)) clearTimeout(timer);
  else if (shownFor && !shownFor.matches(":focus-visible")) later(hide);
  else if (!shownFor) clearTimeout(timer);
});
addEventListener("focusin", (event) => {
  const cite = citation(event);
  if (cite?.matches(":focus-visible")) later(() => show(cite));
  else hide();
});
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !shownFor) return;
  hide();
  event.stopPropagation(); // the reader stays
}, true);
addEventListener("scroll", (event) => {
  if (!isCard(event.target)) hide();
}, { capture: true, passive: true });
addEventListener("click", (event) => {
  /** @type {HTMLAnchorElement | null} */
  const link = event.target instanceof Element ? event.target.closest('a[href^="#c-"]') : null;
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  hide();
  const close = document.getElementById("close-reader");
  if (close && link.hash === location.hash) {
    event.preventDefault();
    close.click();
    return;
  }
  document.getElementById(OPENED_FROM)?.removeAttribute("id");
  if (!link.id) link.id = OPENED_FROM;
}, true);
