import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Events, load, settled } from './load.js';

const HOME = 'https://chat.example/';
const CONVERSATION = `${HOME}c/00000000-0000-4000-8000-000000000000`;
const STYLE = `${HOME}pkg/holdfast.0123456789abcdef.css`;

/** A cache, as far as the worker uses it. */
class FakeCache {
  /** @type {Map<string, Response>} */
  entries = new Map();
  /** @param {any} request */
  #key = (request) => String(request.url ?? request);
  match = async (/** @type {any} */ request) => this.entries.get(this.#key(request))?.clone();
  put = async (/** @type {any} */ request, /** @type {Response} */ response) => void this.entries.set(this.#key(request), response);
  delete = async (/** @type {any} */ request) => this.entries.delete(this.#key(request));
  keys = async () => [...this.entries.keys()].map((url) => ({ url }));
  add = async (/** @type {any} */ request) => this.put(request, await network(this.#key(request)));
}

/** @type {Map<string, FakeCache>} */
let stored;
/** @type {(url: string) => Promise<Response>} */
let network;
/** @type {string[]} */
let requested;
/** @type {Events} */
let worker;

/** @param {string} title @param {string} user @param {Record<string, string>} [headers] */
const page = (title, user, headers = {}) =>
  new Response(`<title>${title} · Holdfast</title><link rel="stylesheet" href="${STYLE}">`, { headers: { 'holdfast-user': user, ...headers } });
const offline = () => new Response('<p>Offline</p><div id="cached"><p>Stored:</p><ul></ul></div>');

beforeEach(() => {
  stored = new Map();
  requested = [];
  network = async (url) => (url.endsWith('/offline') ? offline() : page('Start', 'ada'));
  worker = new Events();
  const caches = {
    open: async (/** @type {string} */ name) => {
      const cache = stored.get(name) ?? new FakeCache();
      stored.set(name, cache);
      return cache;
    },
    keys: async () => [...stored.keys()],
    delete: async (/** @type {string} */ name) => stored.delete(name),
    match: async (/** @type {any} */ request) => {
      for (const cache of stored.values()) {
        const found = await cache.match(request);
        if (found) return found;
      }
      return undefined;
    },
  };
  const self = {
    registration: { scope: HOME },
    addEventListener: worker.addEventListener,
    skipWaiting: async () => {},
    clients: { claim: async () => {} },
  };
  const fetch = async (/** @type {any} */ request) => {
    const url = String(request.url ?? request);
    requested.push(url);
    return network(url);
  };
  load('worker/worker.js', { self, caches, fetch, Response }, 'const VERSION = "1-en"; const PARTS = ["pkg/part.0123456789abcdef.wasm"];');
});

/** Sends an event, and waits for what the worker does. @param {string} name @param {object} [event] */
async function send(name, event = {}) {
  /** @type {Promise<unknown>[]} */
  const work = [];
  /** @type {Promise<Response> | undefined} */
  let answer;
  worker.send(name, {
    ...event,
    waitUntil: (/** @type {Promise<unknown>} */ promise) => work.push(promise),
    respondWith: (/** @type {Promise<Response>} */ promise) => (answer = promise),
  });
  const response = await answer?.catch(() => undefined);
  for (let done = 0; done < work.length; done += 1) await work[done];
  return response;
}
/** Opens a page. @param {string} url */
const open = (url) => send('fetch', { request: { url, method: 'GET', mode: 'navigate' } });
/** Returns the stored pages of a user. @param {string} user */
const pagesOf = (user) => [...(stored.get(`holdfast.pages.${user}`)?.entries.keys() ?? [])];

test('after the installation, the start page, its files and the page for no network are stored', async () => {
  await send('install');
  assert.deepEqual(pagesOf('ada'), [HOME]);
  const files = [...(stored.get('holdfast.files.1-en')?.entries.keys() ?? [])];
  assert.deepEqual(files.toSorted(), [`${HOME}offline`, STYLE, `${HOME}pkg/part.0123456789abcdef.wasm`].toSorted());
});

test('a page that was opened is shown without a network, and listed', async () => {
  await send('install');
  network = async () => page('Tides', 'ada');
  assert.match((await (await open(CONVERSATION))?.text()) ?? '', /Tides/);
  network = async () => {
    throw new TypeError('no network');
  };
  assert.match((await (await open(CONVERSATION))?.text()) ?? '', /Tides/);
  const list = (await (await open(`${HOME}settings/account`))?.text()) ?? '';
  assert.match(list, /<ul><li><a href="\/c\/00000000-0000-4000-8000-000000000000">Tides<\/a><\/li><\/ul>/);
});

test('a proxy that does not reach the server counts as no network', async () => {
  network = async () => page('Tides', 'ada');
  await open(CONVERSATION);
  network = async () => new Response('Bad gateway', { status: 502 });
  assert.match((await (await open(CONVERSATION))?.text()) ?? '', /Tides/);
});

test('a page with a part of its conversation is requested again as a whole', async () => {
  network = async (url) => page(url.endsWith('?cached') ? 'Whole' : 'Part', 'ada', url.endsWith('?cached') ? {} : { 'holdfast-part': 'last' });
  await open(CONVERSATION);
  assert.ok(requested.includes(`${CONVERSATION}?cached`));
  assert.match((await (await stored.get('holdfast.pages.ada')?.match(CONVERSATION))?.text()) ?? '', /Whole/);
});

test('pages of another user are deleted', async () => {
  network = async () => page('Tides', 'ada');
  await open(CONVERSATION);
  network = async () => page('Start', 'bob');
  await open(HOME);
  assert.deepEqual([pagesOf('ada'), pagesOf('bob')], [[], [HOME]]);
});

test('a page that arrives after its user signed out is not stored', async () => {
  /** @type {(response: Response) => void} */
  let arrive = () => {};
  network = () => new Promise((resolve) => (arrive = resolve));
  const opened = open(CONVERSATION);
  await settled();
  await send('message', { data: 'nobody' });
  arrive(page('Tides', 'ada'));
  await opened;
  assert.deepEqual(pagesOf('ada'), []);
});

test('a conversation that was removed is deleted', async () => {
  network = async () => page('Tides', 'ada');
  await open(CONVERSATION);
  network = async () => new Response('', { status: 404, headers: { 'holdfast-user': 'ada' } });
  await open(CONVERSATION);
  assert.deepEqual(pagesOf('ada'), []);
});

test('at most 50 pages besides the start page are stored, those that were read last', async () => {
  network = async () => page('Page', 'ada');
  await open(HOME);
  const urls = Array.from({ length: 52 }, (_, n) => `${HOME}c/00000000-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`);
  for (const url of urls) await open(url);
  assert.deepEqual(pagesOf('ada'), [HOME, ...urls.slice(2)]);
});

test('files are answered from the store, API calls are not answered', async () => {
  network = async () => new Response('body {}');
  const request = { url: STYLE, method: 'GET', mode: 'no-cors' };
  await send('fetch', { request });
  await send('fetch', { request });
  assert.equal(requested.length, 1);
  assert.equal(await send('fetch', { request: { url: `${HOME}api/conversations`, method: 'GET', mode: 'cors' } }), undefined);
  assert.equal(await open(`${HOME}s/link`), undefined);
  assert.equal(requested.length, 1);
});
