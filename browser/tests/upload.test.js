import assert from 'node:assert/strict';
import { test } from 'node:test';

/** What the module uses of a page while it loads. */
const page = { addEventListener: () => {}, MutationObserver: class {} };
Object.assign(globalThis, page);
const { problemOf } = await import('../modules/upload.js');

test('files without text are recognized by their names, before they are sent', () => {
  for (const name of ['photo.JPG', 'a.b.zip', 'old.doc', 'talk.mp4']) assert.equal(problemOf({ name, size: 9 }), 'kind', name);
  for (const name of ['Lecture 7.pdf', 'notes.docx', 'Makefile', 'png', 'table.csv']) assert.equal(problemOf({ name, size: 9 }), undefined, name);
  assert.equal(problemOf({ name: 'a.txt', size: 0 }), 'empty');
});
