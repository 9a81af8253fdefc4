import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Events, load, settled } from './load.js';

/** @type {Events} */
let events;
/** @type {Events} */
let containerEvents;
/** @type {any} */
let document;
/** @type {any[]} */
let posted;
let reloads = 0;

/** Runs the script in a page. @param {boolean} isControlled whether a worker controlled the page from the beginning */
function start(isControlled) {
  const controller = { postMessage: (/** @type {any} */ data) => posted.push([...data]) };
  const container = { ...containerEvents, controller: isControlled ? controller : null, register: async () => ({ update: async () => {} }) };
  const location = { href: 'https://chat.example/chat/c/1', reload: () => (reloads += 1) };
  load('inline/register-worker.js', { document, location, navigator: { serviceWorker: container }, window: {}, addEventListener: events.addEventListener });
  return Object.assign(container, { controller });
}

beforeEach(() => {
  [events, containerEvents] = [new Events(), new Events()];
  [posted, reloads] = [[], 0];
  const pageEvents = new Events();
  document = {
    currentScript: { dataset: { worker: '/chat/worker.js' } },
    hidden: false,
    fields: [],
    isDialogOpen: false,
    querySelector: () => (document.isDialogOpen ? {} : null),
    querySelectorAll: () => document.fields,
    addEventListener: pageEvents.addEventListener,
    send: () => pageEvents.send('visibilitychange'),
  };
});

test('a hidden page is stored', () => {
  start(true);
  document.hidden = true;
  document.send();
  assert.deepEqual(posted, [['https://chat.example/chat/', 'https://chat.example/chat/c/1']]);
});

test('a new version is loaded when the page is hidden, unless the user is in the middle of something', async () => {
  start(true);
  containerEvents.send('controllerchange');
  assert.equal(reloads, 0);
  document.hidden = true;
  document.isDialogOpen = true;
  document.send();
  document.isDialogOpen = false;
  document.fields = [{ id: 'title', value: 'new', defaultValue: 'old' }];
  document.send();
  assert.equal(reloads, 0);
  document.fields = [{ id: 'message', value: 'a draft is stored', defaultValue: '' }];
  document.send();
  assert.equal(reloads, 1);
  await settled();
});

test('the first worker of a page is no new version', () => {
  start(false);
  containerEvents.send('controllerchange');
  document.hidden = true;
  document.send();
  assert.equal(reloads, 0);
});
