// Makes a style sheet small: node tools/style.mjs <from> <to>. The page's own is made by tools/page.mjs, in the same way.
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { bundleAsync } from 'lightningcss';

// Tokens that never change while the page is shown are replaced by their values: 0.3 KB less to send.
const FIXED = /^ *(--(?:space|layer|radius|qr|cited)-[a-z0-9-]+|--text-width|--sidebar-width): (.+?);.*\n/gm;
const values = new Map([...readFileSync('style/tokens.css', 'utf8').matchAll(FIXED)].map(([, name, value]) => [name, value]));
const resolved = (text) => text.replace(/var\((--[a-z0-9-]+)\)/g, (use, name) => (values.has(name) ? resolved(values.get(name)) : use));
const read = (path) => resolved(readFileSync(path, 'utf8').replace(FIXED, ''));

// The oldest browsers that the page is for. They have `color-mix`; what they lack (`light-dark`, nesting) is written out for them.
const version = (major, minor = 0) => (major << 16) | (minor << 8);
const targets = { chrome: version(111), edge: version(111), firefox: version(115), safari: version(16, 4), ios_saf: version(16, 4) };

/** Returns a style sheet with those that it imports, made small. */
export async function small(filename) {
  return (await bundleAsync({ filename, minify: true, targets, resolver: { read } })).code;
}

if (argv[1] === import.meta.filename) {
  const [from, to] = argv.slice(2);
  writeFileSync(to, await small(from));
}
