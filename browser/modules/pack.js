// @ts-check
// Makes a ZIP that is too large for the server smaller before it is sent, by leaving out files without conversations (images, recordings).
// Loaded for a field with import files (see enhance.js). The remaining files are not read: the new ZIP refers to parts of the old one.

/** Maximum size that the server accepts: MAX_FILE in server/transfer/src/import.rs. */
const MOST = 256 * 1024 * 1024;

/** Maximum length of a ZIP's central directory that is read. */
const LONGEST_LIST = 64 * 1024 * 1024;

/**
 * A file in a ZIP.
 * @typedef {{ name: string, raw: Uint8Array, utf8: boolean, method: number, crc: number, packed: number, size: number, offset: number }} Entry
 */

/**
 * @param {Blob} file
 * @param {number} from
 * @param {number} to
 */
async function view(file, from, to) {
  return new DataView(await file.slice(from, to).arrayBuffer());
}

/**
 * Returns the files in a ZIP by its central directory (APPNOTE 6.3.10, 4.3.12 to 4.3.16). Returns nothing if there is none.
 * @param {Blob} file
 * @returns {Promise<Entry[] | undefined>}
 */
async function entries(file) {
  const start = Math.max(0, file.size - 65_557);
  const tail = await view(file, start, file.size);
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end -= 1;
  if (end < 0) return undefined;
  let length = tail.getUint32(end + 12, true);
  let offset = tail.getUint32(end + 16, true);
  // Large files have 64-bit values in another place.
  if (end >= 20 && tail.getUint32(end - 20, true) === 0x07064b50) {
    const at = Number(tail.getBigUint64(end - 12, true));
    const large = await view(file, at, at + 56);
    if (large.byteLength < 56 || large.getUint32(0, true) !== 0x06064b50) return undefined;
    length = Number(large.getBigUint64(40, true));
    offset = Number(large.getBigUint64(48, true));
  }
  if (length > LONGEST_LIST) return undefined;
  const list = await view(file, offset, offset + length);
  const found = [];
  for (let at = 0; at + 46 <= list.byteLength && list.getUint32(at, true) === 0x02014b50; ) {
    const [nameLength, extraLength, noteLength] = [28, 30, 32].map((field) => list.getUint16(at + field, true));
    const next = at + 46 + (nameLength ?? 0) + (extraLength ?? 0) + (noteLength ?? 0);
    if (next > list.byteLength) return undefined;
    const raw = new Uint8Array(list.buffer, at + 46, nameLength);
    const entry = {
      name: new TextDecoder().decode(raw),
      raw,
      utf8: (list.getUint16(at + 8, true) & 0x800) !== 0,
      method: list.getUint16(at + 10, true),
      crc: list.getUint32(at + 16, true),
      packed: list.getUint32(at + 20, true),
      size: list.getUint32(at + 24, true),
      offset: list.getUint32(at + 42, true),
    };
    widen(entry, list, at + 46 + (nameLength ?? 0), extraLength ?? 0);
    found.push(entry);
    at = next;
  }
  return found;
}

/**
 * Reads what did not fit into 32 bits.
 * @param {Entry} entry
 * @param {DataView} list
 * @param {number} from
 * @param {number} length
 */
function widen(entry, list, from, length) {
  for (let at = from; at + 4 <= from + length; at += 4 + list.getUint16(at + 2, true)) {
    if (list.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    for (const key of /** @type {const} */ (["size", "packed", "offset"])) {
      if (entry[key] === 0xffffffff && field + 8 <= list.byteLength) {
        entry[key] = Number(list.getBigUint64(field, true));
        field += 8;
      }
    }
  }
}

/**
 * Returns the files that may contain conversations.
 * @param {Entry[]} all
 */
function wanted(all) {
  const real = all.filter(({ name }) => !name.startsWith("__MACOSX/") && !/(^|\/)\._/.test(name));
  const texts = real.filter(({ name }) => /\.(json|jsonl|ndjson)(\.gz)?$/i.test(name));
  const named = texts.filter(({ name }) => /(^|\/)(conversations[^/]*|prod-grok-backend)\.json(\.gz)?$/i.test(name) || name.includes("Gemini"));
  if (named.length > 0) return named;
  const inner = real.filter(({ name }) => /\.zip$/i.test(name) && /conversation/i.test(name));
  if (inner.length > 0) return inner;
  const pages = real.filter(({ name }) => /\.html$/i.test(name) && (/(^|\/)my ?activity\./i.test(name) || name.includes("Gemini")));
  return texts.length > 0 ? texts : pages;
}

/**
 * Returns the header of a file in a ZIP, or its entry in the central directory.
 * @param {Entry} entry
 * @param {number} [offset]
 */
function head(entry, offset) {
  const isList = offset !== undefined;
  const bytes = new Uint8Array((isList ? 46 : 30) + entry.raw.length);
  const to = new DataView(bytes.buffer);
  to.setUint32(0, isList ? 0x02014b50 : 0x04034b50, true);
  const at = isList ? 6 : 4;
  if (isList) to.setUint16(4, 20, true);
  to.setUint16(at, 20, true);
  to.setUint16(at + 2, entry.utf8 ? 0x800 : 0, true);
  to.setUint16(at + 4, entry.method, true);
  to.setUint32(at + 10, entry.crc, true);
  to.setUint32(at + 14, entry.packed, true);
  to.setUint32(at + 18, entry.size, true);
  to.setUint16(at + 22, entry.raw.length, true);
  if (isList) to.setUint32(42, offset, true);
  bytes.set(entry.raw, isList ? 46 : 30);
  return bytes;
}

/**
 * Returns a ZIP with the conversations of another one; the same file if it is not a ZIP or has none.
 * @param {File} file
 * @returns {Promise<File>}
 */
export async function packed(file) {
  const all = await entries(file);
  const chosen = all === undefined ? [] : wanted(all);
  if (chosen.length === 0 || chosen.length > 0xffff) return file;
  /** @type {(Blob | Uint8Array<ArrayBuffer>)[]} */
  const parts = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const list = [];
  let length = 0;
  for (const entry of chosen) {
    if (entry.packed > MOST || length > MOST) return file; // the server says what to do
    const before = await view(file, entry.offset, entry.offset + 30);
    if (before.byteLength < 30 || before.getUint32(0, true) !== 0x04034b50) return file;
    const from = entry.offset + 30 + before.getUint16(26, true) + before.getUint16(28, true);
    const first = head(entry);
    parts.push(first, file.slice(from, from + entry.packed));
    list.push(head(entry, length));
    length += first.length + entry.packed;
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, chosen.length, true);
  end.setUint16(10, chosen.length, true);
  end.setUint32(12, list.reduce((sum, { length }) => sum + length, 0), true);
  end.setUint32(16, length, true);
  return new File([...parts, ...list, end], file.name, { type: "application/zip" });
}

/**
 * Watches a field: a chosen file that is too large is made smaller before its form is sent.
 * @param {HTMLInputElement} field
 */
export function watch(field) {
  /** @type {Promise<void> | undefined} */
  let work;
  const look = async () => {
    const files = [...(field.files ?? [])];
    const made = await Promise.all(files.map((file) => (file.size > MOST ? packed(file).catch(() => file) : file)));
    if (made.every((file, at) => file === files[at])) return;
    const chosen = new DataTransfer();
    for (const file of made) chosen.items.add(file);
    field.files = chosen.files;
  };
  const begin = () => {
    const own = look().finally(() => {
      if (work === own) work = undefined;
    });
    work = own;
  };
  field.addEventListener("change", begin);
  field.form?.addEventListener(
    "submit",
    (sent) => {
      if (work === undefined) return;
      sent.preventDefault();
      sent.stopImmediatePropagation();
      work.then(() => field.form?.requestSubmit());
    },
    true,
  );
  field.dataset.packed = "watched";
  begin(); // a file may have been chosen before this was loaded
}
