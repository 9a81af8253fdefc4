// What buttons of code blocks and tables do, and images on demand. Loaded by `enhance.js` at the first click.

/** Ends of file names by the language that a block names, where they differ. */
const ENDS = /** @type {Record<string, string>} */ ({
  bash: "sh",
  "c++": "cpp",
  "c#": "cs",
  csharp: "cs",
  javascript: "js",
  kotlin: "kt",
  markdown: "md",
  mermaid: "mmd",
  python: "py",
  ruby: "rb",
  rust: "rs",
  shell: "sh",
  typescript: "ts",
  zsh: "sh",
});

/**
 * Downloads a text as a file.
 * @param {string} name
 * @param {string} text
 * @param {string} type
 */
function save(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * Returns the name of the file for a block of code.
 * @param {string} caption The name of a file, or a language.
 * @param {string} language
 */
export function fileName(caption, language) {
  if (caption && caption !== language) return caption.split("/").pop() || "code.txt";
  const end = ENDS[language.toLowerCase()] ?? language.toLowerCase();
  return `code.${/^[a-z0-9]{1,8}$/.test(end) ? end : "txt"}`;
}

/**
 * Returns the rows of a table as texts.
 * @param {HTMLTableElement} table
 */
export function rowsOf(table) {
  return Array.from(table.rows, (row) => Array.from(row.cells, (cell) => (cell.innerText ?? cell.textContent ?? "").trim()));
}

/**
 * Returns rows as CSV (RFC 4180). A cell that a spreadsheet would run as a formula is quoted.
 * @param {string[][]} rows
 */
export function csv(rows) {
  const cell = (/** @type {string} */ text) => {
    const safe = /^[=+@\t\r]|^-(?![\d.,]*%?$)/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
}

/**
 * Shows the image that a link leads to. If it can't be loaded, the link stays.
 * @param {HTMLAnchorElement} link
 */
function show(link) {
  const image = new Image();
  image.alt = link.textContent ?? "";
  image.referrerPolicy = "no-referrer";
  link.setAttribute("aria-busy", "true");
  image.addEventListener("load", () => {
    link.replaceChildren(image);
    link.removeAttribute("aria-busy");
    link.classList.add("shown");
  });
  image.addEventListener("error", () => {
    link.removeAttribute("aria-busy");
    link.classList.add("missing");
  });
  image.src = link.href;
}

/**
 * Performs the action of a clicked element.
 * @param {HTMLElement} clicked
 */
export function act(clicked) {
  if (clicked instanceof HTMLAnchorElement) return show(clicked);
  const figure = clicked.closest("figure");
  const code = figure?.querySelector("code");
  const table = figure?.querySelector("table");
  if ("save" in clicked.dataset && code) {
    const language = /language-(\S+)/.exec(code.className)?.[1] ?? "";
    save(fileName(figure?.querySelector("figcaption > span")?.textContent ?? "", language), code.textContent ?? "", "text/plain;charset=utf-8");
  } else if ("preview" in clicked.dataset) {
    import("./preview.js").then(({ toggle }) => toggle(clicked), () => {});
  } else if ("csv" in clicked.dataset && table) {
    // Without the mark, spreadsheets do not read UTF-8.
    save("table.csv", `\ufeff${csv(rowsOf(table))}`, "text/csv;charset=utf-8");
  } else if ("copyTable" in clicked.dataset && table) {
    const rows = rowsOf(table);
    const plain = rows.map((row) => row.map((cell) => cell.replaceAll(/\s+/g, " ")).join("\t")).join("\n");
    copy(plain, table.outerHTML).catch(() => {});
  }
}

/**
 * Copies a table, as a table and as lines with tabs.
 * @param {string} plain
 * @param {string} html
 */
async function copy(plain, html) {
  const blob = (/** @type {string} */ text, /** @type {string} */ type) => new Blob([text], { type });
  if (window.isSecureContext && typeof ClipboardItem === "function") {
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob(plain, "text/plain"), "text/html": blob(html, "text/html") })]);
    return;
  }
  const area = document.createElement("textarea");
  area.value = plain;
  area.className = "sr-only";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
