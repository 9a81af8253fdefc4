// Shows a block of HTML, SVG or Mermaid in a frame. Loaded at the first click on "Preview".
//
// The frame is sandboxed: its document has an origin of its own, so it can't reach this page, its storage or its cookies. Its policy allows
// no request at all, and that of this page no other document in the frame. A `srcdoc` document also obeys the policy of this page, so its
// styles and scripts carry this page's nonce; what the policy does not allow in markup (style attributes and event handlers) a script sets.

/**
 * Returns markup with its styles and event handlers under other names, because each would be reported as a violation of the policy.
 * @param {unknown} html
 */
function withoutStyles(html) {
  return String(html).replaceAll(/<[a-z][^<>]*>/gi, (tag) => tag.replaceAll(/\s(?=(?:style|on[a-z]+)\s*=)/gi, " data-"));
}

// Runs first in the frame: tells this page about errors, and lets scripts add styles.
const watch = (/** @type {string} */ nonce) => `
for (const name of ["createElement", "createElementNS"]) {
  const create = Document.prototype[name];
  Document.prototype[name] = function (...names) {
    const element = create.apply(this, names);
    if (/^(style|script)$/.test(element.localName)) element.nonce = "${nonce}";
    return element;
  };
}
${withoutStyles}
const markup = Object.getOwnPropertyDescriptor(Element.prototype, "innerHTML");
Object.defineProperty(Element.prototype, "innerHTML", { ...markup, set(html) { markup.set.call(this, withoutStyles(html)); } });
const insert = Element.prototype.insertAdjacentHTML;
Element.prototype.insertAdjacentHTML = function (place, html) { insert.call(this, place, withoutStyles(html)); };
const parse = DOMParser.prototype.parseFromString;
DOMParser.prototype.parseFromString = function (html, type) { return parse.call(this, withoutStyles(html), type); };
const set = Element.prototype.setAttribute;
Element.prototype.setAttribute = function (name, value) {
  if (name === "style" && this.style) this.style.cssText = value;
  else set.call(this, name, value);
};
addEventListener("error", (event) => parent.postMessage({ error: event.message || "error" }, "*"));
addEventListener("unhandledrejection", (event) => parent.postMessage({ error: String(event.reason) }, "*"));
`;

// Runs last in the frame: sets the styles that markup may not set, now and in what scripts add, and tells this page its height.
const FINISH = `
const setStyles = (root) => {
  for (const element of [root, ...root.querySelectorAll("[data-style], [style]")]) {
    const style = element.getAttribute("data-style") ?? element.getAttribute("style");
    if (style !== null && element.style.cssText !== style) element.style.cssText = style;
  }
  for (const style of root.querySelectorAll("style")) {
    if (style.sheet || !style.textContent) continue;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style.textContent);
    document.adoptedStyleSheets.push(sheet);
  }
};
setStyles(document.documentElement);
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) if (node instanceof Element) setStyles(node);
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
  const shown = new DOMParser().parseFromString(withoutStyles(source), "text/html");
  for (const element of shown.querySelectorAll(UNWANTED)) element.remove();
  /** @type {string[]} */
  const handlers = [];
  for (const element of shown.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      const event = /^data-(on[a-z]+)$/.exec(name)?.[1];
      if (event) {
        element.setAttribute(name, String(handlers.length));
        handlers.push(`document.querySelector('[${name}="${handlers.length}"]').${event} = function (event) { ${value}\n};`);
      } else if (name.startsWith("on")) {
        element.removeAttribute(name);
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
  shown.head.prepend(policy, script(watch(nonce)));
  shown.body.append(...handlers.map(script), script(FINISH));
  return `<!doctype html>${shown.documentElement.outerHTML}`;
}

/**
 * Returns a page that draws a diagram.
 * @param {string} source
 */
async function diagramOf(source) {
  const response = await fetch(new URL("./mermaid.js", import.meta.url));
  if (!response.ok) throw new Error(`mermaid.js: ${response.status}`);
  const program = (await response.text()).replaceAll(/<(?=\/script|!--)/gi, "\\x3C");
  const draw = `
    mermaid.initialize({ startOnLoad: false, securityLevel: "strict", suppressErrorRendering: true });
    mermaid.render("diagram", ${JSON.stringify(source).replaceAll("<", "\\u003C")}).then(
      ({ svg }) => { document.body.innerHTML = svg; },
      (error) => parent.postMessage({ error: error.message }, "*"),
    );`;
  return `<body><script>${program}</script><script>${draw}</script>`;
}

/**
 * Shows the preview of a block, or its code again.
 * @param {HTMLElement} button
 */
export async function toggle(button) {
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
  const isDiagram = pre.querySelector("code")?.classList.contains("language-mermaid") ?? false;
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
      if (isDiagram) frame.style.display = "none";
      figure.classList.remove("previewed");
    }
  };
  addEventListener("message", listen);
  pre.after(frame, problem);
  const source = pre.textContent ?? "";
  try {
    frame.srcdoc = documentOf(isDiagram ? await diagramOf(source) : source, nonce);
  } catch (error) {
    problem.textContent = String(error);
    figure.classList.remove("previewed");
  }
}
