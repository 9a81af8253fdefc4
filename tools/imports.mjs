// Shortens the names by which the page's programs import functions of their script: node tools/imports.mjs <script> <program>…
// wasm-bindgen's names end in a hash, which does not compress, and each is in the script and in a program.
import { readFileSync, writeFileSync } from 'node:fs';

/** Returns the number at a place (LEB128), and the place after it. */
function number(bytes, at) {
  let [value, shift] = [0, 0];
  for (;;) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte < 0x80) return [value, at];
  }
}

function encoded(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

/** Returns the place after the description of an import. */
function afterDescription(bytes, at) {
  const kind = bytes[at];
  const afterLimits = (at) => {
    const end = number(bytes, at + 1)[1];
    return bytes[at] & 1 ? number(bytes, end)[1] : end;
  };
  if (kind === 0) return number(bytes, at + 1)[1]; // a function: its type
  if (kind === 1) return afterLimits(at + 2); // a table: the type of its elements, and its limits
  if (kind === 2) return afterLimits(at + 1); // a memory: its limits
  if (kind === 3) return at + 3; // a global: its type, and whether it can change
  throw new Error(`an import of the unknown kind ${kind}`);
}

/** Rewrites the names of a program's imports (WebAssembly core specification, 5.5.5). */
function renamed(bytes, rename) {
  const parts = [bytes.subarray(0, 8)];
  for (let at = 8; at < bytes.length; ) {
    const [size, start] = number(bytes, at + 1);
    if (bytes[at] !== 2) {
      parts.push(bytes.subarray(at, start + size));
    } else {
      let [count, place] = number(bytes, start);
      const section = [...encoded(count)];
      for (; count > 0; count -= 1) {
        const [moduleLength, moduleStart] = number(bytes, place);
        const [length, nameStart] = number(bytes, moduleStart + moduleLength);
        const end = afterDescription(bytes, nameStart + length);
        const name = Buffer.from(rename(bytes.toString('utf8', nameStart, nameStart + length)));
        section.push(...bytes.subarray(place, moduleStart + moduleLength), ...encoded(name.length), ...name, ...bytes.subarray(nameStart + length, end));
        place = end;
      }
      parts.push(Buffer.from([2, ...encoded(section.length)]), Buffer.from(section));
    }
    at = start + size;
  }
  return Buffer.concat(parts);
}

const [script, ...programs] = process.argv.slice(2);
const names = new Map();
const shortened = (name) => {
  if (!/^__wb.*_[0-9a-f]{16}$/.test(name)) return name;
  if (!names.has(name)) names.set(name, `_${names.size.toString(36)}`);
  return names.get(name);
};
for (const program of programs) {
  const bytes = renamed(readFileSync(program), shortened);
  if (!WebAssembly.validate(bytes)) throw new Error(`${program} is not valid after its imports were renamed`);
  writeFileSync(program, bytes);
}
writeFileSync(script, readFileSync(script, 'utf8').replace(/\b__wb\w+_[0-9a-f]{16}\b/g, (name) => names.get(name) ?? name));
