import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Events } from './load.js';

/** @type {Record<string, any>} */
const browser = globalThis;
const events = new Events();
/** @type {(() => void)[]} */
let frames = [];
/** @type {object[]} */
const observed = [];
browser['addEventListener'] = events.addEventListener;
browser['requestAnimationFrame'] = (/** @type {() => void} */ frame) => frames.push(frame);
browser['IntersectionObserver'] = class {
  observe = (/** @type {object} */ target) => observed.push(target);
  unobserve() {}
};

const { enhance, mark, patternOf } = await import('../modules/enhance.js');

/** @param {string[]} words @param {string} text */
const found = (words, text) => [...text.matchAll(patternOf(words))].map(({ 0: match, index }) => [match, index]);

test('a word is found where a word begins, in any case', () => {
  assert.deepEqual(found(['rust'], 'Rust trust rusty'), [['Rust', 0], ['rust', 11]]);
  assert.deepEqual(found(['zürich', 'bern'], 'Bern, Zürich'), [['Bern', 0], ['Zürich', 6]]);
});

test('signs in a word have no meaning in the pattern', () => {
  assert.deepEqual(found(['c++', '.net'], 'c++ and .net, not cpp'), [['c++', 0], ['.net', 8]]);
  assert.deepEqual(found(['a.c'], 'abc a.c'), [['a.c', 4]]);
  assert.deepEqual(found(['🦀'], 'a 🦀'), [['🦀', 2]]);
});

test('in scripts without spaces, a word is found anywhere', () => {
  assert.deepEqual(found(['京都'], '東京都'), [['京都', 1]]);
});

test('code is watched until it comes near, and looked for once a frame', () => {
  const figure = {};
  const code = { dataset: /** @type {Record<string, string>} */ ({}), closest: () => figure };
  browser['document'] = { querySelector: () => null, querySelectorAll: (/** @type {string} */ selector) => (selector.startsWith('.md') && code.dataset['enhanced'] === undefined ? [code] : []) };
  enhance();
  enhance();
  assert.equal(frames.length, 1);
  frames.shift()?.();
  assert.deepEqual(observed, [figure]);
  assert.equal(code.dataset['enhanced'], '');
  enhance();
  frames.shift()?.();
  assert.equal(observed.length, 1);
});

test('the words of the address are marked in its message', () => {
  const text = { data: 'Backups of backups', parentElement: { scrollIntoView: () => (scrolled = true) } };
  let scrolled = false;
  /** @type {Map<string, any>} */
  const highlights = new Map();
  browser['CSS'] = { highlights };
  browser['Highlight'] = class {
    /** @param {object[]} ranges */
    constructor(...ranges) {
      this.ranges = ranges;
    }
  };
  browser['Range'] = class {
    startContainer = {};
    start = 0;
    end = 0;
    /** @param {object} node @param {number} at */
    setStart(node, at) {
      [this.startContainer, this.start] = [node, at];
    }
    /** @param {object} _node @param {number} at */
    setEnd(_node, at) {
      this.end = at;
    }
  };
  browser['NodeFilter'] = { SHOW_TEXT: 4 };
  browser['location'] = { search: '?found=backups+of', hash: '#m1' };
  browser['document'] = {
    getElementById: (/** @type {string} */ id) => (id === 'm1' ? { querySelectorAll: () => [{}] } : null),
    createTreeWalker: () => {
      const texts = [text];
      return {
        currentNode: undefined,
        nextNode() {
          this.currentNode = /** @type {any} */ (texts.shift());
          return this.currentNode;
        },
      };
    },
  };
  mark();
  assert.deepEqual(highlights.get('found').ranges.map((/** @type {{ start: number, end: number }} */ { start, end }) => [start, end]), [[0, 7], [8, 10], [11, 18]]);
  assert.equal(scrolled, true);
  browser['location'] = { search: '', hash: '#m1' };
  mark();
  assert.equal(highlights.has('found'), false);
});
