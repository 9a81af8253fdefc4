/** A page that was changed or blocked on its way says so in one line, and the user can go on writing; an unchanged page never says so. */
import type { Locator, Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { answers, field, lastAnswer, questions, statusText, write } from './support/chat.ts';
import { besideScripts, laterScripts, onOneLine, Rewriting, withoutAddresses, withoutComments, type Changes } from './support/rewriting.ts';
import { expect, test as base } from './support/server.ts';

const test = base.extend<{ way: Rewriting }>({
  way: async ({ server }, use) => {
    const way = await Rewriting.start(server.port);
    await use(way);
    await way.stop();
  },
  baseURL: async ({ way }, use) => use(way.url),
});

const line = (page: Page): Locator => page.getByRole('alert').filter({ has: page.getByRole('button', { name: 'Reload' }) });
const CHANGED = /^Something between the server and this browser changed this page/;
const HELD = /^A part of this page has not arrived/;
const STOPPED = /^This page has stopped because of an error/;
/** Console messages of a page that does not start. */
const COMPLAINTS = /changed this page|Failed to load resource|WebAssembly|panicked|unreachable|Failed to fetch|does not say what it is made of|JSON|SyntaxError|preloaded using link preload|uncaught: $/;

const TEXT = 'Write to ada@example.com or eve@example.com';

/** A guest’s conversation, opened through the proxy. */
async function open(page: Page): Promise<{ api: Api; id: string }> {
  const api = await Api.guest(page.context().request);
  const id = await api.begin(TEXT);
  await api.settled(id);
  await page.goto(`/c/${id}`);
  return { api, id };
}

/** Checks that the user can read, write, send, and read the answer. */
async function worksOn(page: Page, api: Api, id: string): Promise<void> {
  await expect(statusText(page)).toHaveText('Connected');
  await expect(questions(page)).toHaveText([TEXT]);
  await write(page, 'And then?');
  await expect(lastAnswer(page)).toHaveText('And then?');
  await api.settled(id);
  await page.reload();
  await expect(questions(page)).toHaveText([TEXT, 'And then?']);
}

/** Checks that a message is sent although the program does not run. */
async function canWrite(page: Page, api: Api, id: string): Promise<void> {
  await field(page).fill('Still heard?');
  await expect(page.getByRole('button', { name: 'Send' })).toBeEnabled();
  await field(page).press('Enter');
  await expect(questions(page)).toHaveText([TEXT, 'Still heard?']);
  await api.settled(id);
  await page.getByRole('button', { name: 'Reload' }).click();
  await expect(answers(page)).toHaveCount(2);
  expect((await api.messages(id)).map(({ content }) => content)).toEqual([TEXT, TEXT, 'Still heard?', 'Still heard?']);
}

for (const [name, changes] of Object.entries<Changes>({
  'nothing': {},
  'protected addresses': { html: withoutAddresses },
  'scripts that run later, but for those that ask': { html: (html) => laterScripts(html) },
  'space collapsed everywhere': { html: onOneLine },
  'comments taken out of scripts': { html: (html) => html.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n<]*/g, '') },
})) {
  test(`a harmless change is not reported: ${name}`, async ({ page, way }) => {
    way.changes = changes;
    const { api, id } = await open(page);
    await worksOn(page, api, id);
    await expect(line(page)).toBeHidden();
    for (const path of ['/', '/settings/account', '/search?q=ada', '/settings/data']) {
      await page.goto(path);
      await expect(page.locator('html')).toHaveAttribute('data-page', 'started');
      await expect(line(page)).toBeHidden();
    }
  });
}

for (const [name, html] of Object.entries<(html: string) => string>({
  'comments are taken out': besideScripts(withoutComments),
  'addresses are replaced, however they are written': besideScripts((html) => withoutAddresses(html.replaceAll('&#64;', '@'))),
  'something is put before the page': (html) => html.replace(/<body[^>]*>/, '$&<div>Powered by a proxy</div>'),
  'elements are taken out': (html) => html.replace(/<svg[\s\S]*?<\/svg>/g, ''),
})) {
  test(`if ${name}, the page says so, is rendered anew, and works`, async ({ page, way, allow }) => {
    allow(COMPLAINTS);
    way.changes = { html };
    const { api, id } = await open(page);
    await expect(line(page)).toContainText(CHANGED);
    await worksOn(page, api, id);
    await expect(line(page)).toContainText(CHANGED);
    way.changes = {};
    await page.getByRole('button', { name: 'Reload' }).click();
    await expect(page.locator('html')).toHaveAttribute('data-page', 'started');
    await expect(line(page)).toBeHidden();
  });
}

test('a page that panics during hydration says so, and the next page in the tab is rendered anew', async ({ page, way, allow }) => {
  allow(COMPLAINTS);
  way.changes = { html: (html) => html.replace(/<label class="sr-only" for="message">[\s\S]*?<\/label>/, '').replace(/<textarea[^>]*id="message"[^>]*>/, 'Text $&') };
  const { api, id } = await open(page);
  await expect(line(page)).toContainText(CHANGED);
  await field(page).fill('Half a thought');
  await page.getByRole('button', { name: 'Reload' }).click();
  await expect(statusText(page)).toHaveText('Connected');
  await expect(line(page)).toContainText(CHANGED);
  await expect(field(page)).toHaveValue('Half a thought');
  await field(page).fill('');
  await worksOn(page, api, id);
});

const isWasm = (path: string): boolean => /holdfast(\.[0-9a-f]+)?\.wasm$/.test(path);
for (const [name, file] of Object.entries<NonNullable<Changes['file']>>({
  'the program is blocked': (path) => (isWasm(path) ? 403 : undefined),
  'the program is cut': (path, body) => (isWasm(path) ? body.subarray(0, body.length / 2) : undefined),
  'the program is another': (path) => (isWasm(path) ? Buffer.from('<h1>Sign in</h1>') : undefined),
  'the script is blocked': (path) => (/holdfast(\.[0-9a-f]+)?\.js$/.test(path) ? 403 : undefined),
  'the script is broken': (path, body) => (/holdfast(\.[0-9a-f]+)?\.js$/.test(path) ? body.subarray(0, body.length / 2) : undefined),
})) {
  test(`if ${name}, the page says so, and messages can still be sent`, async ({ page, way, allow }) => {
    allow(COMPLAINTS);
    way.changes = { file };
    const { api, id } = await open(page);
    await expect(line(page)).toContainText(HELD);
    await canWrite(page, api, id);
    await expect(line(page)).toContainText(HELD);
    await field(page).fill('Half a thought');
    way.changes = {};
    await page.getByRole('button', { name: 'Reload' }).click();
    await expect(statusText(page)).toHaveText('Connected');
    await expect(line(page)).toBeHidden();
    await expect(field(page)).toHaveValue('Half a thought');
  });
}

for (const [name, html, why] of [
  ['the script’s type is changed', (html: string) => html.replace('type="module"', 'type="3f1c-module"'), CHANGED],
  ['the page’s data are damaged', (html: string) => html.replace(/(id="page-data">)\{/, '$1'), CHANGED],
  ['the page is cut', (html: string) => html.slice(0, html.indexOf('id="altered"') - 20), HELD],
] as const) {
  test(`if ${name}, the page says so, and messages can still be sent`, async ({ page, way, allow }) => {
    allow(COMPLAINTS);
    way.changes = { html };
    const { api, id } = await open(page);
    await expect(line(page)).toContainText(why);
    await canWrite(page, api, id);
  });
}

test('a first message can be sent too, and starts a conversation', async ({ page, way, allow }) => {
  allow(COMPLAINTS);
  way.changes = { file: (path) => (isWasm(path) ? 403 : undefined) };
  await page.goto('/');
  await expect(line(page)).toContainText(HELD);
  await field(page).fill('Anybody there?');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page).toHaveURL(/\/c\//);
  await expect(questions(page)).toHaveText('Anybody there?');
});

test('if no script runs, the line appears by itself, and the written text stays', async ({ page, way, allow }) => {
  allow(COMPLAINTS);
  way.changes = { html: (html) => laterScripts(html, false) };
  await open(page);
  await field(page).fill('Half a thought');
  await expect(line(page)).toContainText(CHANGED);
  await expect(field(page)).toHaveValue('Half a thought');
  way.changes = {};
  await page.getByRole('button', { name: 'Reload' }).click();
  await expect(statusText(page)).toHaveText('Connected');
});

test('a page that crashes later says so, and messages can still be sent', async ({ page, allow }) => {
  allow(COMPLAINTS);
  const { api, id } = await open(page);
  await expect(statusText(page)).toHaveText('Connected');
  // After a panic, calls of the program have no effect.
  await page.evaluate(() => window.dispatchEvent(new ErrorEvent('error', { error: new WebAssembly.RuntimeError('unreachable') })));
  await expect(line(page)).toContainText(STOPPED);
  await field(page).fill('Still heard?');
  await field(page).press('Enter');
  await expect(questions(page)).toHaveText([TEXT, 'Still heard?']);
  await api.settled(id);
  await expect(statusText(page)).toHaveText('Connected');
  await expect(line(page)).toBeHidden();
  expect((await api.messages(id)).map(({ content }) => content)).toEqual([TEXT, TEXT, 'Still heard?', 'Still heard?']);
});

test.describe('in German', () => {
  test.use({ locale: 'de-DE' });
  test('the line is in German', async ({ page, way, allow }) => {
    allow(/Failed to load resource|WebAssembly/);
    way.changes = { file: (path) => (isWasm(path) ? 403 : undefined) };
    await page.goto('/');
    await expect(page.getByText('Ein Teil dieser Seite ist nicht angekommen')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Neu laden' })).toBeVisible();
  });
});
