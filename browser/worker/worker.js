// Opens Holdfast without a network: with the pages that were read last, as the server rendered them, and their files. The network always
// comes first; a stored page is shown only if nothing else is available. The server inserts VERSION before this, and PARTS: files that
// the chat loads on demand.
'use strict';

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const HOME = new URL(worker.registration.scope);
const OFFLINE = new URL('offline', HOME).href;
/** Prefix of caches with pages, followed by a user's id, or by "nobody" if nobody is signed in. There is one such cache at a time. */
const PAGES = 'holdfast.pages.';
/** Cache of styles and programs. Those of other versions are deleted when this one is installed. */
const FILES = `holdfast.files.${VERSION}`;
/** Maximum number of stored pages, in addition to the start page. */
const MOST = 50;
/** Timeout of the network if there is a stored page to show instead, ms. */
const TIMEOUT = 3_000;

/** @param {URL} url */
const pathOf = (url) => url.pathname.slice(HOME.pathname.length);
/** @param {URL} url */
const isHere = (url) => url.origin === HOME.origin && url.pathname.startsWith(HOME.pathname);
/** @param {URL} url */
const isPage = (url) => isHere(url) && /^(c\/[0-9a-f-]{36})?$/.test(pathOf(url));
/**
 * Paths that this worker answers. It never stores read-only links, sign-in through providers and API calls.
 * @param {URL} url
 */
const isOurs = (url) => isHere(url) && !/^(api|auth|s|ws|health|metrics)(\/|$)/.test(pathOf(url));
/**
 * Files whose name contains a hash of their content, so that a stored copy is always current.
 * @param {URL} url
 */
const isFile = (url) => isHere(url) && /\.[0-9a-f]{16}\.[a-z]+$/.test(url.pathname);
/** @param {URL} url */
const keyOf = (url) => url.origin + url.pathname;

/** Requests are numbered, because a page requested before a user signed in or out may arrive later. */
let requests = 0;
/**
 * The user whose pages are stored; undefined if not known since this worker started.
 * @type {string | undefined}
 */
let reader;
/** The first request of that user. */
let since = 0;

/**
 * Deletes all pages except those of one user.
 * @param {string} user
 */
async function deleteOthers(user) {
  // The user's files that are being uploaded are in a cache whose name begins alike.
  const others = (await caches.keys()).filter((name) => name.startsWith(PAGES) && !name.startsWith(PAGES + user));
  await Promise.all(others.map((name) => caches.delete(name)));
}

/**
 * Returns the user of a page that the server has just sent. Undefined if it is not the server's, or if its user has signed out since.
 * @param {Response} response
 * @param {number} number
 */
async function userOf(response, number) {
  const user = response.headers.get('holdfast-user');
  if (user === null || (number < since && user !== reader)) return undefined;
  if (user !== reader) [reader, since] = [user, number];
  await deleteOthers(user);
  return user;
}

/** Returns the stored pages of the user, or of any user if the user is not known. */
async function storedPages() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PAGES) && !name.endsWith('.uploads'));
  const name = names.find((name) => name === PAGES + reader) ?? names.at(-1);
  return name === undefined ? undefined : await caches.open(name);
}

/**
 * Stores a page with the files that it refers to. Deletes a page that does not exist any more.
 * @param {string} key
 * @param {Response} response
 * @param {number} number
 */
async function put(key, response, number) {
  const user = await userOf(response, number);
  if (user === undefined) return;
  const pages = await caches.open(PAGES + user);
  if (response.status === 404) await pages.delete(key);
  if (!response.ok || response.redirected || response.headers.get('holdfast-part') === 'none') return;
  const text = await response.clone().text();
  await pages.delete(key); // so that the page read last is the last entry
  await pages.put(key, response);
  const old = (await pages.keys()).filter(({ url }) => url !== HOME.href).slice(0, -MOST);
  await Promise.all(old.map((one) => pages.delete(one)));
  if (user !== reader) await caches.delete(PAGES + user); // the user signed out meanwhile
  await storeFilesOf(text, key);
}

/**
 * Stores the files that a page refers to.
 * @param {string} text
 * @param {string} from
 */
async function storeFilesOf(text, from) {
  await storeFiles([...text.matchAll(/<link [^>]*href="([^"]+)"/g)].map(([, href]) => new URL(href ?? '', from)));
}

/** @param {URL[]} urls */
async function storeFiles(urls) {
  const files = await caches.open(FILES);
  await Promise.all(urls.filter(isFile).map(async (file) => (await files.match(file)) ?? files.add(file)));
}

/**
 * Requests a page for storage, with all messages of its conversation.
 * @param {string} key
 */
async function store(key) {
  const number = ++requests;
  await put(key, await fetch(`${key}?cached`, { headers: { accept: 'text/html' } }), number);
}

/**
 * Stores a page that is being opened. If it contains only a part, it is requested again as a whole.
 * @param {string} key
 * @param {Response} response
 * @param {number} number
 */
async function storeOpened(key, response, number) {
  const isPart = response.headers.has('holdfast-part');
  await put(key, response, number);
  if (isPart) await store(key);
}

async function install() {
  const [offline] = await Promise.all([fetch(OFFLINE), store(HOME.href)]);
  await storeFilesOf(await offline.clone().text(), OFFLINE);
  await storeFiles(PARTS.map((part) => new URL(part, HOME)));
  await (await caches.open(FILES)).put(OFFLINE, offline);
  await worker.skipWaiting();
}

/** Requests stored pages again, because they refer to files of the previous version. */
async function activate() {
  await worker.clients.claim();
  const pages = (await (await storedPages())?.keys()) ?? [];
  const results = await Promise.allSettled(pages.map(({ url }) => store(url)));
  if (results.some(({ status }) => status === 'rejected')) return; // they still need their old files
  const others = (await caches.keys()).filter((name) => name.startsWith('holdfast.files.') && name !== FILES);
  await Promise.all(others.map((name) => caches.delete(name)));
}

/** Resolves with nothing after the timeout of the network. */
const timeout = () => new Promise((/** @type {(nothing: undefined) => void} */ resolve) => setTimeout(() => resolve(undefined), TIMEOUT));

/**
 * Returns a page: from the network, else its stored copy, else the list of stored pages.
 * @param {FetchEvent} event
 * @returns {Promise<Response>}
 */
async function page(event) {
  const url = new URL(event.request.url);
  const found = isPage(url) ? await (await storedPages())?.match(keyOf(url)) : undefined;
  const number = ++requests;
  const network = fetch(event.request);
  // Deletes other users' pages, however late this page arrives.
  event.waitUntil(network.then((response) => userOf(response, number)).catch(() => {}));
  try {
    const fresh = await (found === undefined ? network : Promise.race([network, timeout()]));
    // Statuses of a proxy that can't reach the server.
    const isAway = fresh === undefined || (fresh.status >= 502 && fresh.status <= 504);
    if (fresh !== undefined && (!isAway || found === undefined)) {
      if (isPage(url)) event.waitUntil(storeOpened(keyOf(url), fresh.clone(), number).catch(() => {}));
      return fresh;
    }
  } catch {
    // No network, or no server.
  }
  network.catch(() => {});
  return found ?? (await offlinePage()) ?? network;
}

/** Returns the page that says that there is no network, with links to stored pages. */
async function offlinePage() {
  const found = await caches.match(OFFLINE);
  if (found === undefined) return undefined;
  const pages = await storedPages();
  const read = ((await pages?.keys()) ?? []).filter(({ url }) => url !== HOME.href).reverse();
  const lines = await Promise.all(
    read.map(async (one) => {
      const text = (await (await pages?.match(one))?.text()) ?? '';
      const title = /<title>([^<]*)<\/title>/.exec(text)?.[1] ?? 'Holdfast'; // as HTML, as it came
      return `<li><a href="${new URL(one.url).pathname}">${title.replace(/ · Holdfast$/, '')}</a></li>`;
    }),
  );
  const list = lines.length === 0 ? '' : `<ul>${lines.join('')}</ul>`;
  const text = (await found.text()).replace(list === '' ? /<div id="cached">.*?<\/div>/s : '<ul></ul>', () => list);
  return new Response(text, { headers: found.headers });
}

/**
 * Returns a file: the stored copy, which its name identifies, or from the network.
 * @param {Request} request
 */
async function file(request) {
  const files = await caches.open(FILES);
  const found = (await files.match(request)) ?? (await caches.match(request));
  if (found !== undefined) return found;
  const response = await fetch(request);
  if (response.ok) await files.put(request, response.clone());
  return response;
}

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => event.waitUntil(activate()));
worker.addEventListener('message', (event) => {
  if (typeof event.data === 'string') {
    // The current user. Pages that others requested may still arrive.
    if (event.data !== reader) [reader, since] = [event.data, ++requests];
    event.waitUntil(deleteOthers(event.data));
    return;
  }
  const pages = /** @type {string[]} */ (event.data).map((href) => new URL(href)).filter(isPage);
  event.waitUntil(Promise.allSettled(pages.map((url) => store(keyOf(url)))));
});
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  const url = new URL(request.url);
  if (request.mode === 'navigate' && isOurs(url)) event.respondWith(page(event));
  else if (isFile(url)) event.respondWith(file(request));
});
