// Rules of the style that no type checker knows.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const folder = new URL('../../style/', import.meta.url);
const names = readdirSync(folder, { recursive: true }).map(String).filter((name) => name.endsWith('.css'));
/** @type {Map<string, string>} */
const files = new Map(names.map((name) => [name, readFileSync(new URL(name, folder), 'utf8').replace(/\/\*.*?\*\//gs, '')]));
const tokens = files.get('tokens.css') ?? '';

// The style of what is loaded when it is needed is a file of its own.
const LAZY = ['reader.css', 'later/files.css'];

test('main.css imports each file once', () => {
  const imported = [...(files.get('main.css') ?? '').matchAll(/@import "(.*)";/g)].map(([, name]) => name);
  assert.deepEqual(imported.toSorted(), names.filter((name) => name !== 'main.css' && !LAZY.includes(name)).toSorted());
});

test('all variables are tokens', () => {
  const defined = new Set([...files.values()].flatMap((text) => [...text.matchAll(/(--[a-z0-9-]+):/g)].map(([, name]) => name)));
  for (const [name, text] of files) {
    for (const [, used] of text.matchAll(/var\((--[a-z0-9-]+)/g)) assert.ok(defined.has(used), `${used} in ${name}`);
  }
});

test('z-index is a layer', () => {
  for (const [name, text] of files) {
    for (const [, value] of text.matchAll(/z-index: (.*);/g)) assert.match(value ?? '', /^var\(--layer-[a-z-]+\)$/, name);
  }
});

test('media queries use the breakpoints that tokens.css lists', () => {
  for (const [name, text] of files) {
    for (const [, width] of text.matchAll(/(?:min|max)-width: (\w+)\)/g)) assert.match(width ?? '', /^(820|1180|1181)px$/, name);
  }
});

test('spacing uses the steps', () => {
  const steps = new Set([...tokens.matchAll(/--space-\d+: (\d+px);/g)].map(([, size]) => size));
  for (const [name, text] of files) {
    for (const [line] of text.matchAll(/(?<![\w-])(?:padding|margin|gap)(?:-[a-z-]+)?: .*;/g)) {
      for (const [size] of line.matchAll(/(?<![\w.-])\d+px/g)) assert.ok(!steps.has(size), `${line} in ${name}: use var(--space-${parseInt(size) / 2})`);
    }
  }
});

test('colours are tokens', () => {
  for (const [name, text] of files) {
    if (name !== 'tokens.css') assert.doesNotMatch(text.replaceAll('#000', ''), /#[0-9a-f]{3,8}\b|\brgb\(/, name);
  }
});
