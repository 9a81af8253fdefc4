import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Events, load } from './load.js';

/** What the script uses of an element. */
class Element {
  /** @type {Record<string, string>} */
  dataset = {};
  textContent = '';
  nodeName = '';
  id = '';
  /** @param {string} nodeName @param {string} [id] */
  constructor(nodeName, id = '') {
    [this.nodeName, this.id] = [nodeName, id];
  }
}

/** @type {Events} */
let events;
/** @type {Map<string, string>} */
let local;
/** @type {Map<string, string>} */
let session;
/** @type {any} */
let document;
/** @type {Element[]} */
let body;
/** @type {Element} */
let line;
let value = '';

/** @param {Map<string, string>} entries */
const storage = (entries) => ({
  getItem: (/** @type {string} */ key) => entries.get(key) ?? null,
  setItem: (/** @type {string} */ key, /** @type {string} */ text) => void entries.set(key, text),
});

/** Runs the script in a page with so many nodes. @param {number} nodes @returns {any} */
function start(nodes) {
  const window = load('inline/early.js', {
    window: {},
    document,
    Element,
    NodeFilter: { SHOW_ELEMENT: 1, SHOW_COMMENT: 128 },
    WebAssembly,
    location: { pathname: '/c/id' },
    localStorage: storage(local),
    sessionStorage: storage(session),
    addEventListener: events.addEventListener,
    removeEventListener: events.removeEventListener,
    setTimeout: () => {},
    console: { warn: () => {} },
  }, `document.currentScript.dataset.nodes = "${nodes}";`).window;
  return window.early;
}

beforeEach(() => {
  events = new Events();
  [local, session] = [new Map(), new Map()];
  value = '';
  line = new Element('SPAN');
  body = [new Element('A'), new Element('DIV'), new Element('#comment'), new Element('P'), new Element('BUTTON'), new Element('DIV', 'altered'), new Element('DIV')];
  const texts = { altered: 'It was changed.', held: 'It does not load.', stopped: 'It has stopped.', again: 'Load again', rescue: 'data:text/javascript,', base: '', user: 'ada' };
  document = {
    currentScript: { dataset: texts },
    documentElement: new Element('HTML'),
    body: { firstElementChild: { matches: () => true }, querySelector: () => null },
    querySelector: () => ({ value }),
    getElementById: (/** @type {string} */ id) => (id === 'altered' ? { firstElementChild: line } : null),
    createTreeWalker: () => {
      const rest = [...body];
      return {
        currentNode: undefined,
        nextNode() {
          this.currentNode = /** @type {any} */ (rest.shift());
          return this.currentNode;
        },
      };
    },
  };
});

const state = () => document.documentElement.dataset.page;

test('a page with all its nodes starts', () => {
  const early = start(3);
  assert.equal(state(), 'starting');
  early.begin();
  assert.equal(early.isAltered(), false);
  early.wake();
  assert.equal(state(), 'started');
});

test('a page that lacks nodes is rendered anew, and says so', () => {
  const early = start(4);
  assert.equal(early.isAltered(), true);
  assert.deepEqual([state(), line.textContent], ['failed', 'It was changed.']);
});

test('a page with a known insertion is rendered anew', () => {
  document.body.querySelector = () => ({});
  assert.equal(start(3).isAltered(), true);
});

test('a program that crashes before hydration makes the next page be rendered anew', () => {
  const early = start(3);
  early.begin();
  events.send('error', { target: null, error: new WebAssembly.RuntimeError('unreachable') });
  assert.equal(line.textContent, 'It was changed.');
  assert.equal(start(3).isAltered(), true);
});

test('a program that crashes later says that it has stopped, and keeps the text', () => {
  const early = start(3);
  early.begin();
  early.wake();
  value = 'A draft';
  events.send('unhandledrejection', { reason: new WebAssembly.RuntimeError('unreachable') });
  assert.equal(line.textContent, 'It has stopped.');
  assert.deepEqual([...local], [['holdfast.draft.ada.id', 'A draft']]);
});

test('other errors change nothing', () => {
  start(3);
  events.send('error', { target: null, error: new TypeError('of an extension') });
  assert.equal(state(), 'starting');
});

test('a script that does not load is reported, and a late program does not start', () => {
  const early = start(3);
  events.send('error', { target: new Element('SCRIPT', 'start') });
  assert.deepEqual([state(), line.textContent], ['failed', 'It does not load.']);
  assert.throws(() => early.begin(), { message: 'It was changed.' });
});

test('the last button that was pressed before hydration is pressed after it', () => {
  const pressed = { isConnected: true, clicks: 0, click: () => (pressed.clicks += 1) };
  const target = Object.assign(new Element('SPAN'), { closest: (/** @type {string} */ selector) => (selector === 'button' ? pressed : null) });
  const early = start(3);
  events.send('click', { target });
  early.wake();
  assert.equal(pressed.clicks, 1);
});
