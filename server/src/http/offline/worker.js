// Opens Holdfast where there is no network: with the pages that were read last, as the server rendered them, and their files.
// The network comes first, always: what is kept is shown only where nothing else comes. The server puts VERSION before this,
// and PARTS: what the chat loads when it is first needed.
'use strict';

const HOME = new URL(self.registration.scope);
const AWAY = new URL('offline', HOME).href;
/** What was read; then comes whose it is: a user's id, or NOBODY. There is one reader's at a time. */
const PAGES = 'holdfast.pages.';
/** Where nobody is signed in. */
const NOBODY = 'nobody';
/** Styles and programs. Those of other versions go when this one has come. */
const FILES = `holdfast.files.${VERSION}`;
/** Pages kept, beside the first one. */
const MOST = 50;
/** How long the network may take where there is something to show instead, ms. */
const PATIENCE = 3_000;

const pathOf = (url) => url.pathname.slice(HOME.pathname.length);
const isHere = (url) => url.origin === HOME.origin && url.pathname.startsWith(HOME.pathname);
const isPage = (url) => isHere(url) && /^(c\/[0-9a-f-]{36})?$/.test(pathOf(url));
/** What is no page of this program's is the network's alone: links for reading, ways in through others, calls. */
const isOurs = (url) => isHere(url) && !/^(api|auth|s|ws|health|metrics)(\/|$)/.test(pathOf(url));
/** Named by its content, so that what is kept is what it is. */
const isFile = (url) => isHere(url) && /\.[0-9a-f]{16}\.[a-z]+$/.test(url.pathname);
const keyOf = (url) => url.origin + url.pathname;

/** Requests are numbered, for pages that were asked for before somebody came or left may arrive later. */
let asked = 0;
/** Whose pages are kept, as far as was heard since this worker began, and the first request that was theirs. */
let reader;
let since = 0;

/** Drops all pages but those of one reader. */
async function keepOnly(user) {
  const others = (await caches.keys()).filter((name) => name.startsWith(PAGES) && name !== PAGES + user);
  await Promise.all(others.map((name) => caches.delete(name)));
}

/** Where a page is kept that the server has just sent. Nowhere, if it is none of the server's, or its reader has left since. */
async function placeOf(response, number) {
  const user = response.headers.get('holdfast-user');
  if (user === null || (number < since && user !== reader)) return undefined;
  if (user !== reader) [reader, since] = [user, number];
  await keepOnly(user);
  return user;
}

/** The pages that are kept, whoever's they are. */
async function kept() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PAGES));
  const name = names.find((name) => name === PAGES + reader) ?? names.at(-1);
  return name === undefined ? undefined : await caches.open(name);
}

/** Keeps a page, with the files that it names. One that is not there any more is forgotten. */
async function put(key, response, number) {
  const user = await placeOf(response, number);
  if (user === undefined) return;
  const pages = await caches.open(PAGES + user);
  if (response.status === 404) await pages.delete(key);
  if (!response.ok || response.redirected || response.headers.get('holdfast-part') === 'none') return;
  const text = await response.clone().text();
  await pages.delete(key); // so that the one read last is the last one
  await pages.put(key, response);
  const old = (await pages.keys()).filter(({ url }) => url !== HOME.href).slice(0, -MOST);
  await Promise.all(old.map((one) => pages.delete(one)));
  if (user !== reader) await caches.delete(PAGES + user); // they left meanwhile
  await keepFiles(text, key);
}

async function keepFiles(text, from) {
  const named = [...text.matchAll(/<link [^>]*href="([^"]+)"/g)].map(([, href]) => new URL(href, from));
  await keepAll(named);
}

async function keepAll(urls) {
  const files = await caches.open(FILES);
  await Promise.all(urls.filter(isFile).map(async (file) => (await files.match(file)) ?? files.add(file)));
}

/** Asks for a page, to keep it: with all of its conversation behind it. */
async function keep(key) {
  const number = ++asked;
  await put(key, await fetch(`${key}?cached`, { headers: { accept: 'text/html' } }), number);
}

/** Keeps a page that is being opened. One that says that it is a part is asked for once more, whole. */
async function keepThis(key, response, number) {
  const isPart = response.headers.has('holdfast-part');
  await put(key, response, number);
  if (isPart) await keep(key);
}

async function install() {
  const [away] = await Promise.all([fetch(AWAY), keep(HOME.href)]);
  await keepFiles(await away.clone().text(), AWAY);
  await keepAll(PARTS.map((part) => new URL(part, HOME)));
  await (await caches.open(FILES)).put(AWAY, away);
  await self.skipWaiting();
}

/** What was kept is asked for anew, for it names files of the version before. */
async function activate() {
  await self.clients.claim();
  const pages = (await (await kept())?.keys()) ?? [];
  const results = await Promise.allSettled(pages.map(({ url }) => keep(url)));
  if (results.some(({ status }) => status === 'rejected')) return; // they still need their old files
  const others = (await caches.keys()).filter((name) => name.startsWith('holdfast.files.') && name !== FILES);
  await Promise.all(others.map((name) => caches.delete(name)));
}

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A page: from the network, else what is kept of it, else what else is kept. */
async function page(event) {
  const url = new URL(event.request.url);
  const found = isPage(url) ? await (await kept())?.match(keyOf(url)) : undefined;
  const number = ++asked;
  const network = fetch(event.request);
  // Whoever's page comes, and however late: what is kept of others' goes.
  event.waitUntil(network.then((response) => placeOf(response, number)).catch(() => {}));
  try {
    const fresh = await (found === undefined ? network : Promise.race([network, later(PATIENCE)]));
    // A proxy that finds no server behind it says so by one of these.
    const isAway = fresh === undefined || (fresh.status >= 502 && fresh.status <= 504);
    if (!isAway || found === undefined) {
      if (isPage(url)) event.waitUntil(keepThis(keyOf(url), fresh.clone(), number).catch(() => {}));
      return fresh;
    }
  } catch {
    // No network, or no server.
  }
  network.catch(() => {});
  return found ?? (await away()) ?? network;
}

/** The page that says that there is no network, with the ways to what is kept. */
async function away() {
  const found = await caches.match(AWAY);
  if (found === undefined) return undefined;
  const pages = await kept();
  const read = ((await pages?.keys()) ?? []).filter(({ url }) => url !== HOME.href).reverse();
  const lines = await Promise.all(
    read.map(async (one) => {
      const text = await (await pages.match(one)).text();
      const title = /<title>([^<]*)<\/title>/.exec(text)?.[1] ?? 'Holdfast'; // as HTML, as it came
      return `<li><a href="${new URL(one.url).pathname}">${title.replace(/ · Holdfast$/, '')}</a></li>`;
    }),
  );
  const list = lines.length === 0 ? '' : `<ul>${lines.join('')}</ul>`;
  const text = (await found.text()).replace(list === '' ? /<div id="cached">.*?<\/div>/s : '<ul></ul>', () => list);
  return new Response(text, { headers: found.headers });
}

/** A file: kept, for its name says what is in it, or from the network. */
async function file(request) {
  const files = await caches.open(FILES);
  const found = (await files.match(request)) ?? (await caches.match(request));
  if (found !== undefined) return found;
  const response = await fetch(request);
  if (response.ok) await files.put(request, response.clone());
  return response;
}

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('message', (event) => {
  if (typeof event.data === 'string') {
    // Who is there now. What others asked for may be on its way yet.
    if (event.data !== reader) [reader, since] = [event.data, ++asked];
    event.waitUntil(keepOnly(event.data));
    return;
  }
  const pages = event.data.map((href) => new URL(href)).filter(isPage);
  event.waitUntil(Promise.allSettled(pages.map((url) => keep(keyOf(url)))));
});
self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  const url = new URL(request.url);
  if (request.mode === 'navigate' && isOurs(url)) event.respondWith(page(event));
  else if (isFile(url)) event.respondWith(file(request));
});
