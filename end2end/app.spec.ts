/** Holdfast as an app: installed, opened without a server, and updated. */
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import {
  answers,
  atConversation,
  field,
  heading,
  isBack,
  item,
  lastAnswer,
  log,
  NO_CONNECTION,
  openList,
  questions,
  statusText,
  unsent,
  write,
} from './support/chat.ts';
import { expect, test } from './support/server.ts';

test.use({ serviceWorkers: 'allow' });

/** Waits until the service worker is active and has stored the page. */
async function isKept(page: Page, path = new URL(page.url()).pathname): Promise<void> {
  const has = (path: string): Promise<boolean> => page.evaluate(async (path) => (await caches.match(path)) !== undefined, path);
  await expect.poll(() => has(path), { timeout: 20_000 }).toBe(true);
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
}

test('the page can be installed as an app', async ({ page }) => {
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  const href = await page.locator('link[rel=manifest]').getAttribute('href');
  const manifest = (await (await page.request.get(href ?? '')).json()) as { icons: { src: string; sizes: string; type: string }[] };
  for (const { src, sizes, type } of manifest.icons) {
    const icon = await page.request.get(src);
    expect(icon.headers()['content-type']).toBe(type);
    if (type === 'image/png') {
      const bytes = await icon.body();
      expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`, src).toBe(sizes); // of its IHDR chunk
    }
  }
  const browser = await page.context().newCDPSession(page);
  const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors');
  // Playwright's windows are private, and nothing can be installed there.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
});

test('pages that were read open without a server, and messages written then are sent after it is back', async ({ page, server, allow }) => {
  const { api, id } = await atConversation(page);
  const other = await api.begin('Read only at home');
  await api.settled(other);
  await isKept(page, `/c/${id}`);
  await isKept(page, '/');
  allow(NO_CONNECTION);
  allow(/status of 50\d|Failed to fetch|ERR_FAILED/);
  await server.stop();

  await page.reload();
  await expect(questions(page)).toHaveText('before');
  await expect(lastAnswer(page)).toHaveText('before');
  await expect(statusText(page)).not.toHaveText('Connected');
  await write(page, 'From the tunnel');
  await expect(unsent(page)).toContainText('Queued');

  // The start page opens too, and links to the pages that were read.
  await page.goto('/');
  await expect(heading(page)).toHaveText('New conversation');
  await openList(page);
  await item(page, 'before').click();
  await expect(lastAnswer(page).first()).toHaveText('before');

  // A page that was not read says so, and links to those that were.
  await page.goto(`/c/${other}`);
  await expect(page.getByRole('heading', { name: 'There is no connection' })).toBeVisible();
  await page.getByRole('link', { name: 'before', exact: true }).click();
  await expect(lastAnswer(page).first()).toHaveText('before');

  await server.restart();
  await isBack(page);
  await expect(answers(page)).toHaveCount(2);
  await expect(lastAnswer(page)).toHaveText('From the tunnel');
  expect((await api.messages(id)).map(({ content }) => content)).toEqual(['before', 'before', 'From the tunnel', 'From the tunnel']);
});

test('after one visit to an empty page, all parts of the program are available offline', async ({ page, server, allow }) => {
  await page.goto('/');
  await isKept(page);
  allow(NO_CONNECTION);
  allow(/status of 50\d|Failed to fetch|ERR_FAILED/);
  await server.stop();
  await page.reload();
  await expect(heading(page)).toHaveText('New conversation');
  await write(page, 'From the tunnel');
  await expect(unsent(page)).toContainText('Queued');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog', { name: 'Command palette' }).getByRole('option').first()).toBeVisible();
});

test('a long conversation is stored as a whole', async ({ page, context, server, allow }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('A long one', 200, 'The water rises twice a day.');
  await page.goto('/');
  await isKept(page);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  // The open page has only the end of the conversation; the stored one has all of it.
  const kept = (): Promise<string> => page.evaluate(async () => (await (await caches.match(location.pathname))?.text()) ?? '');
  await expect.poll(kept, { timeout: 20_000 }).toContain('Question 1"');
  allow(NO_CONNECTION);
  allow(/status of 50\d|Failed to fetch|ERR_FAILED/);
  await server.stop();
  await page.reload();
  await expect(questions(page).last()).toHaveText('Question 100');
  await expect(async () => {
    await log(page).evaluate((it) => it.scrollTo(0, 0));
    await expect(questions(page).first()).toHaveText('Question 1', { timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await server.restart();
  await isBack(page);
});

test('removed conversations and signed-out users leave no stored pages', async ({ page, context }) => {
  const api = await Api.signUp(context.request, { username: 'ada', password: 'correct horse battery' });
  const [gone, stays] = [await api.begin('Gone'), await api.begin('Stays')];
  await Promise.all([api.settled(gone), api.settled(stays)]);
  const kept = (): Promise<string[]> =>
    page.evaluate(async () => {
      const names = (await caches.keys()).filter((name) => name.startsWith('holdfast.pages.'));
      const pages = (await Promise.all(names.map(async (name) => await (await caches.open(name)).keys()))).flat();
      return pages.map(({ url }) => new URL(url).pathname).sort();
    });
  await page.goto(`/c/${gone}`);
  await expect(statusText(page)).toHaveText('Connected');
  await isKept(page);
  await openList(page);
  await item(page, 'Stays').click();
  await expect(lastAnswer(page)).toHaveText('Stays');
  await isKept(page);
  await api.delete(gone);
  await expect.poll(kept).toEqual(['/', `/c/${stays}`]);

  await page.goto('/settings/account');
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page).toHaveURL('/signin');
  await expect.poll(kept).not.toContain(`/c/${stays}`);
  // The start page is stored again, as signed-out users see it.
  const isTold = (): Promise<boolean> => page.evaluate(async () => (await (await caches.match('/'))?.text())?.includes('Stays') ?? false);
  await expect.poll(isTold).toBe(false);
});

test('a new version is loaded while the page is hidden, and a draft stays', async ({ page }) => {
  const { id } = await atConversation(page);
  await isKept(page, `/c/${id}`);
  await field(page).fill('Half a thought');
  await page.evaluate(() => Object.assign(window, { old: true }));
  // Another worker takes over, like one of another version; then the page is hidden.
  const loaded = page.waitForEvent('load');
  await page.evaluate(async () => {
    Object.defineProperty(document, 'hidden', { get: () => true });
    await navigator.serviceWorker.register('/worker.js?another');
  });
  await loaded;
  await expect(statusText(page)).toHaveText('Connected');
  expect(await page.evaluate(() => 'old' in window)).toBe(false);
  await expect(field(page)).toHaveValue('Half a thought');
  await expect(lastAnswer(page)).toHaveText('before');
});
