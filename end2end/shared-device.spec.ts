/** One browser, several users: what a user read and wrote is accessible only to that user. */
import type { APIRequestContext, BrowserContext, Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { field, isBack, lastAnswer, NO_CONNECTION, questions, RECONNECTING, statusText, unsent, write } from './support/chat.ts';
import { expect, test, type Server } from './support/server.ts';

test.use({ serviceWorkers: 'allow' });

const ada = { username: 'ada', password: 'correct horse battery' };
const bob = { username: 'bob', password: 'staple correct horse' };
/** Texts that only Ada may read. */
const SECRET = /Nobody else’s|Half a secret|Unsent secret/;
const REFUSED = /status of (40[14]|50\d)|Failed to fetch|ERR_FAILED/;

/** Returns everything of the page that can be read in this browser: on the page, in storage, in caches. */
async function readable(page: Page): Promise<string> {
  return await page.evaluate(async () => {
    const texts = [document.title, document.documentElement.outerHTML, JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
    for (const area of document.querySelectorAll('textarea')) texts.push(area.value);
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        if (/\.(js|css|wasm|svg|png)$/.test(request.url)) continue;
        texts.push(name, request.url, (await (await cache.match(request))?.text()) ?? '');
      }
    }
    texts.push(JSON.stringify(await indexedDB.databases()));
    return texts.join('\n');
  });
}

const isForgotten = async (page: Page): Promise<void> => await expect.poll(() => readable(page), { timeout: 15_000 }).not.toMatch(SECRET);

/** Waits until the service worker has stored this page and the start page. */
async function isKept(page: Page, path: string): Promise<void> {
  const has = (path: string): Promise<boolean> => page.evaluate(async (path) => (await caches.match(path)) !== undefined, path);
  for (const one of [path, '/']) await expect.poll(() => has(one), { timeout: 20_000 }).toBe(true);
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
}

/** Ada reads her conversation, and has an unsent draft. */
async function adaIsHere(page: Page, context: BrowserContext): Promise<string> {
  const api = await Api.signUp(context.request, ada);
  const id = await api.begin('Nobody else’s business');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await isKept(page, `/c/${id}`);
  await field(page).fill('Half a secret');
  await expect.poll(() => page.evaluate(() => JSON.stringify({ ...localStorage }))).toContain('Half a secret');
  return id;
}

/** Ada ends all her sessions, from another device. */
async function adaSignsOutElsewhere(server: Server, request: APIRequestContext): Promise<void> {
  const elsewhere = await Api.login(request, ada, server.url);
  const reply = await request.delete(`${server.url}/api/auth/sessions`, { headers: { authorization: `Bearer ${elsewhere.token}` } });
  expect(reply.ok(), await reply.text()).toBe(true);
}

async function signIn(page: Page, { username, password }: typeof ada): Promise<void> {
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Checks that nothing of Ada’s is shown without a server, neither at her page nor by going back. */
async function isNotShownOffline(page: Page, server: Server, id: string): Promise<void> {
  await server.stop();
  for (const path of [`/c/${id}`, '/']) {
    await page.goto(path).catch(() => {});
    await expect(page.getByText(SECRET)).toHaveCount(0);
  }
  for (let step = 0; step < 3; step += 1) {
    await page.goBack().catch(() => {});
    await expect(page.getByText(SECRET)).toHaveCount(0);
    expect(await page.title()).not.toMatch(SECRET);
  }
}

test('a session that ended elsewhere leaves nothing to read, and unsent messages wait for their user', async ({ page, context, server, playwright, allow }) => {
  allow(REFUSED);
  allow(NO_CONNECTION);
  const id = await adaIsHere(page, context);
  const other = await playwright.request.newContext();
  await adaSignsOutElsewhere(server, other);
  await expect(page.getByText('You were signed out from another device or tab. Sign in again.')).toBeVisible();
  await isForgotten(page);

  // If Ada signs in again in this tab, it is shown again.
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).first().click();
  await signIn(page, ada);
  await expect(statusText(page)).toHaveText('Connected');
  await page.goto(`/c/${id}`);
  await expect(questions(page)).toHaveText('Nobody else’s business');
  await expect(field(page)).toHaveValue('Half a secret');
  await isKept(page, `/c/${id}`);

  await adaSignsOutElsewhere(server, other);
  await expect(page.getByText('You were signed out from another device or tab. Sign in again.')).toBeVisible();
  await isForgotten(page);
  await isNotShownOffline(page, server, id);
  await other.dispose();
});

test('a session that ended while no page was open leaves nothing once a page opens', async ({ page, context, server, playwright, allow }) => {
  allow(REFUSED);
  allow(NO_CONNECTION);
  const id = await adaIsHere(page, context);
  await page.goto('about:blank');
  const other = await playwright.request.newContext();
  await adaSignsOutElsewhere(server, other);
  await page.goto('/signin');
  await isForgotten(page);
  await isNotShownOffline(page, server, id);
  await other.dispose();
});

test('another user who signs in reads and sends nothing of the previous user, online or offline', async ({ page, context, server, allow }) => {
  allow(REFUSED);
  allow(NO_CONNECTION);
  const id = await adaIsHere(page, context);
  // Ada's last message was not sent, nor the one that was to start a conversation.
  await server.kill();
  await expect(statusText(page)).toHaveText(RECONNECTING);
  await write(page, 'Unsent secret');
  await expect(unsent(page)).toContainText('Unsent secret');
  await page.goto('/');
  await write(page, 'Unsent secret, as a beginning');
  await expect(unsent(page)).toContainText('as a beginning');
  await page.goto('about:blank');
  await server.restart();
  await context.clearCookies();
  const api = await Api.signUp(context.request, bob);

  await page.goto('/');
  await expect(statusText(page)).toHaveText('Connected');
  await isForgotten(page);
  await expect(unsent(page)).toHaveCount(0);
  await write(page, 'Bob’s own');
  await expect(questions(page)).toHaveText('Bob’s own');
  const path = new URL(page.url()).pathname;
  await api.settled(path.split('/').at(-1) ?? '');
  const reply = await context.request.get('/api/conversations', { headers: { authorization: `Bearer ${api.token}` } });
  const { conversations } = (await reply.json()) as { conversations: { title: string }[] };
  expect(conversations.map(({ title }) => title)).toEqual(['Bob’s own']);
  await page.goto(path);
  await isKept(page, path);
  await isForgotten(page);
  await isNotShownOffline(page, server, id);
  await page.goto(path);
  await expect(questions(page)).toHaveText('Bob’s own');
});

test('when another user signs in, tabs of the previous user leave their page', async ({ page, context, allow }) => {
  allow(REFUSED);
  await Api.signUp(context.request, bob);
  await context.clearCookies();
  const id = await adaIsHere(page, context);
  const second = await context.newPage();
  await second.goto('/settings/account');
  await second.getByRole('button', { name: 'Sign out', exact: true }).click();
  await signIn(second, bob);
  await expect(statusText(second)).toHaveText('Connected');
  await isForgotten(second);
  await isForgotten(page);
  await page.goto(`/c/${id}`);
  await expect(page.getByRole('heading', { name: 'This conversation is not here' })).toBeVisible();
  await page.goto('/');
  await page.goBack();
  await isForgotten(page);
});

test('messages written before a session expired are sent when their user signs in again', async ({ page, context, server, playwright, allow }) => {
  allow(REFUSED);
  allow(NO_CONNECTION);
  const id = await adaIsHere(page, context);
  await field(page).fill('');
  await server.kill();
  await expect(statusText(page)).toHaveText(RECONNECTING);
  await write(page, 'Unsent secret');
  await server.restart();
  const other = await playwright.request.newContext();
  // The session may end before or after the page reconnects.
  await adaSignsOutElsewhere(server, other);
  await expect(page.getByText(/Sign in again/).first()).toBeVisible({ timeout: 30_000 });
  await isForgotten(page);
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).first().click();
  await signIn(page, ada);
  await isBack(page);
  await page.goto(`/c/${id}`);
  await expect(questions(page)).toHaveText(['Nobody else’s business', 'Unsent secret']);
  await expect(lastAnswer(page)).toHaveText('Unsent secret');
  await other.dispose();
});
