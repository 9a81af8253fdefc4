// Opens Holdfast where there is no network: with the pages that were read last, as the server rendered them, and their files.
// The network comes first, always: what is kept is shown only where nothing else comes. The server puts VERSION before this,
// and PARTS: what the chat loads when it is first needed.
'use strict';

const HOME = new URL(self.registration.scope);
const AWAY = new URL('offline', HOME).href;
/** What was read. It is emptied when its reader signs out. */
const PAGES = 'holdfast.pages';
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

/** Keeps a page, with the files that it names. One that is not there any more is forgotten. */
async function put(pages, key, response) {
  if (response.status === 404) await pages.delete(key);
  if (!response.ok || response.redirected || response.headers.get('holdfast-part') === 'none') return;
  const text = await response.clone().text();
  await pages.delete(key); // so that the one read last is the last one
  await pages.put(key, response);
  const old = (await pages.keys()).filter(({ url }) => url !== HOME.href).slice(0, -MOST);
  await Promise.all(old.map((one) => pages.delete(one)));
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
  // Opened first: what is emptied while the page is on its way stays empty.
  const pages = await caches.open(PAGES);
  await put(pages, key, await fetch(`${key}?kept`, { headers: { accept: 'text/html' } }));
}

/** Keeps a page that is being opened. One that says that it is a part is asked for once more, whole. */
async function keepThis(pages, key, response) {
  const isPart = response.headers.has('holdfast-part');
  await put(pages, key, response);
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
  const pages = await caches.open(PAGES);
  const results = await Promise.allSettled((await pages.keys()).map(({ url }) => keep(url)));
  if (results.some(({ status }) => status === 'rejected')) return; // they still need their old files
  const others = (await caches.keys()).filter((name) => name.startsWith('holdfast.files.') && name !== FILES);
  await Promise.all(others.map((name) => caches.delete(name)));
}

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A page: from the network, else what is kept of it, else what else is kept. */
async function page(event) {
  const url = new URL(event.request.url);
  const pages = await caches.open(PAGES);
  const kept = isPage(url) ? await pages.match(keyOf(url)) : undefined;
  const network = fetch(event.request);
  try {
    const fresh = await (kept === undefined ? network : Promise.race([network, later(PATIENCE)]));
    // A proxy that finds no server behind it says so by one of these.
    const isAway = fresh === undefined || (fresh.status >= 502 && fresh.status <= 504);
    if (!isAway || kept === undefined) {
      if (isPage(url)) event.waitUntil(keepThis(pages, keyOf(url), fresh.clone()).catch(() => {}));
      return fresh;
    }
  } catch {
    // No network, or no server.
  }
  network.catch(() => {});
  return kept ?? (await away()) ?? network;
}

/** The page that says that there is no network, with the ways to what is kept. */
async function away() {
  const found = await caches.match(AWAY);
  if (found === undefined) return undefined;
  const pages = await caches.open(PAGES);
  const read = (await pages.keys()).filter(({ url }) => url !== HOME.href).reverse();
  const lines = await Promise.all(
    read.map(async (one) => {
      const text = await (await pages.match(one)).text();
      const title = /<title>([^<]*)<\/title>/.exec(text)?.[1] ?? 'Holdfast'; // as HTML, as it came
      return `<li><a href="${new URL(one.url).pathname}">${title.replace(/ · Holdfast$/, '')}</a></li>`;
    }),
  );
  const list = lines.length === 0 ? '' : `<ul>${lines.join('')}</ul>`;
  const text = (await found.text()).replace(list === '' ? /<div id="kept">.*?<\/div>/s : '<ul></ul>', () => list);
  return new Response(text, { headers: found.headers });
}

/** A file: kept, for its name says what is in it, or from the network. */
async function file(request) {
  const files = await caches.open(FILES);
  const kept = (await files.match(request)) ?? (await caches.match(request));
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  if (response.ok) await files.put(request, response.clone());
  return response;
}

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('message', (event) => {
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
