// Shows a block of HTML or SVG in a frame. Loaded at the first click on "Preview".
//
// The frame is sandboxed: its document has an origin of its own, so it can't reach this page, its storage or its cookies. Its policy allows
// no request at all, and that of this page no other document in the frame. A `srcdoc` document also obeys the policy of this page, so its
// styles and scripts carry this page's nonce; what the policy does not allow in markup (style attributes and event handlers) a script sets.

// Runs first in the frame: tells this page about errors.
const WATCH = `
addEventListener("error", (event) => parent.postMessage({ error: event.message || "error" }, "*"));
addEventListener("unhandledrejection", (event) => parent.postMessage({ error: String(event.reason) }, "*"));
`;

// Runs last in the frame: sets the styles that markup may not set, now and in what scripts add, and tells this page its height.
const FINISH = `
const dress = (root) => {
  for (const element of [root, ...root.querySelectorAll("[data-style], [style]")]) {
    const style = element.getAttribute("data-style") ?? element.getAttribute("style");
    if (style !== null && element.style.cssText !== style) element.style.cssText = style;
  }
};
dress(document.documentElement);
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) if (node instanceof Element) dress(node);
}).observe(document, { childList: true, subtree: true });
new ResizeObserver(() => parent.postMessage({ height: document.documentElement.scrollHeight }, "*")).observe(document.documentElement);
`;

/** Elements that would only lead elsewhere. */
const UNWANTED = "base, link, meta[http-equiv], iframe, frame, object, embed, portal";

/**
 * Returns the document for the frame.
 * @param {string} source
 * @param {string} nonce
 */
export function documentOf(source, nonce) {
  // Nothing in a parsed document is loaded or run.
  const shown = new DOMParser().parseFromString(source, "text/html");
  for (const element of shown.querySelectorAll(UNWANTED)) element.remove();
  /** @type {string[]} */
  const handlers = [];
  for (const element of shown.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      if (name === "style") {
        element.setAttribute("data-style", value);
        element.removeAttribute(name);
      } else if (name.startsWith("on")) {
        element.removeAttribute(name);
        element.setAttribute(`data-${name}`, String(handlers.length));
        handlers.push(`document.querySelector('[data-${name}="${handlers.length}"]').${name} = function (event) { ${value}\n};`);
      }
    }
    if (element.matches("script, style")) element.setAttribute("nonce", nonce);
  }
  const script = (/** @type {string} */ code) => {
    const element = shown.createElement("script");
    element.setAttribute("nonce", nonce);
    element.textContent = code.replaceAll(/<(?=\/script|!--)/gi, "<\\");
    return element;
  };
  const policy = shown.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; img-src data:; font-src data:; form-action 'none'`;
  shown.head.prepend(policy, script(WATCH));
  shown.body.append(...handlers.map(script), script(FINISH));
  return `<!doctype html>${shown.documentElement.outerHTML}`;
}

/**
 * Shows the preview of a block, or its code again.
 * @param {HTMLElement} button
 */
export function toggle(button) {
  const figure = button.closest("figure");
  const pre = figure?.querySelector("pre");
  if (!figure || !pre) return;
  const isOn = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(isOn));
  for (const part of figure.querySelectorAll("iframe, .problem")) part.remove();
  figure.classList.toggle("previewed", isOn);
  if (!isOn) return;
  const nonce = /** @type {HTMLScriptElement | null} */ (document.querySelector("script[nonce]"))?.nonce ?? "";
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.title = button.textContent ?? "";
  frame.srcdoc = documentOf(pre.textContent ?? "", nonce);
  const problem = document.createElement("p");
  problem.className = "problem";
  problem.setAttribute("role", "status");
  const listen = (/** @type {MessageEvent} */ { source, data }) => {
    if (!frame.isConnected) return removeEventListener("message", listen);
    if (source !== frame.contentWindow || typeof data !== "object" || data === null) return;
    if (typeof data.height === "number") frame.style.height = `${Math.min(Math.max(data.height, 60), 600)}px`;
    // The source is shown beside the error.
    if (typeof data.error === "string") {
      problem.textContent = data.error.slice(0, 500);
      figure.classList.remove("previewed");
    }
  };
  addEventListener("message", listen);
  pre.after(frame, problem);
}
