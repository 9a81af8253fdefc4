/** Behind a real nginx, with the manual's configuration and with the default: the page works, and shows its transport. */
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import {
  distinctWords,
  ECHO,
  expectBeginnings,
  heading,
  item,
  lastAnswer,
  openList,
  questions,
  seenGrowing,
  statusLabel,
  statusText,
  write,
} from './support/chat.ts';
import { expect, test, type Way } from './support/nginx.ts';

/** Console message of a refused upgrade. */
const NO_SOCKET = /WebSocket connection to/;
const SOCKET = /^Connected over a WebSocket$/;
// The tooltip continues with the cause, which a page that was just loaded does not know yet.
const BELOW = /^Connected over (an event stream|polling)(\.|$)/;

/** Checks a first visit, an answer, a reload, a second message and the list, with no request outside of the path. */
async function chatsOver(page: Page, url: string, over: RegExp): Promise<void> {
  const strayed: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`)) strayed.push(request.url());
  });
  page.on('websocket', (socket) => {
    if (!socket.url().startsWith(`${url.replace('http', 'ws')}/`)) strayed.push(socket.url());
  });
  const text = distinctWords(200);
  await page.goto(`${url}/`);
  await write(page, text, ECHO);
  const seen = await seenGrowing(lastAnswer(page), 2);
  expectBeginnings(seen, text);
  await expect(lastAnswer(page)).toHaveText(text, { timeout: 20_000 });
  await expect(statusLabel(page)).toHaveAttribute('title', over);
  expect(page.url().startsWith(`${url}/c/`)).toBe(true);

  await page.reload();
  await expect(lastAnswer(page)).toHaveText(text);
  await write(page, 'Once more');
  await expect(lastAnswer(page)).toHaveText('Once more', { timeout: 20_000 });
  await expect(questions(page)).toHaveText([text, 'Once more']);
  const api = await Api.here(page.context().request, url);
  expect((await api.messages(page.url().slice(-36))).map(({ content }) => content)).toEqual([text, text, 'Once more', 'Once more']);

  await openList(page);
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(page).toHaveURL(`${url}/settings/account`);
  await page.goBack();
  await openList(page);
  await item(page, /^word0/).click();
  await expect(heading(page)).toHaveText(/^word0/);
  expect(strayed).toEqual([]);
}

const well: Readonly<Record<string, Way>> = {
  'as the manual has it': { manner: 'manual' },
  'under a path that is left on': { manner: 'manual', path: '/chat' },
  'under a path that is taken off': { manner: 'manual', path: '/chat', strips: true },
};
for (const [name, way] of Object.entries(well)) {
  test.describe(name, () => {
    test.use({ way });
    test('everything works over a socket', async ({ page, url }) => chatsOver(page, url, SOCKET));
  });
}

const asItComes: Readonly<Record<string, Way>> = {
  'with nothing but proxy_pass': { manner: 'default' },
  'with nothing but proxy_pass, under a path': { manner: 'default', path: '/chat', strips: true },
  'where it holds event streams back, too': { manner: 'default', lines: 'proxy_ignore_headers X-Accel-Buffering;' },
};
for (const [name, way] of Object.entries(asItComes)) {
  test.describe(name, () => {
    test.use({ way });
    test('everything works without a socket', async ({ page, url, allow }) => {
      allow(NO_SOCKET);
      await chatsOver(page, url, BELOW);
    });
  });
}

test.describe('with TLS and HTTP/2', () => {
  test.use({ way: { manner: 'manual', tls: true }, ignoreHTTPSErrors: true });

  test('everything works over a socket, with a secure cookie', async ({ page, url, context }) => {
    await chatsOver(page, url, SOCKET);
    expect(await page.evaluate(() => performance.getEntriesByType('navigation').map((entry) => (entry as PerformanceNavigationTiming).nextHopProtocol))).toEqual(['h2']);
    expect(await context.cookies()).toMatchObject([{ name: '__Host-holdfast_session', secure: true, httpOnly: true }]);
  });

  test.describe('under a path', () => {
    test.use({ way: { manner: 'manual', path: '/chat', tls: true } });

    test('the cookie has the prefix __Secure-, so that other paths can have their own', async ({ page, url, context }) => {
      await chatsOver(page, url, SOCKET);
      expect(await context.cookies()).toMatchObject([{ name: '__Secure-holdfast_session', secure: true, path: '/' }]);
    });
  });
});

test.describe('with only proxy_pass, and a file that is too large for it', () => {
  test.use({ way: { manner: 'default' } });

  test('the page names nginx and the line that fixes it', async ({ page, url, allow }) => {
    allow(/status of 413|WebSocket connection to/);
    await Api.guest(page.context().request, url);
    await page.goto(`${url}/settings/data`);
    const buffer = Buffer.alloc(3 * 1024 * 1024, ' ');
    await expect(page.getByRole('button', { name: 'Import' })).toBeEnabled();
    await page.getByLabel('Files').setInputFiles({ name: 'large.json', mimeType: 'application/json', buffer });
    await page.getByRole('button', { name: 'Import' }).click();
    const problems = page.getByRole('list', { name: 'What was left out' }).getByRole('listitem');
    await expect(problems).toHaveText(/^large\.json \(3072 KB\): Something in front of the server rejects data this large.*client_max_body_size/);
  });
});

test.describe('with a read timeout of 10 s', () => {
  test.use({ way: { manner: 'manual', lines: 'proxy_read_timeout 10s;' } });

  test('the page reconnects over a socket, and the user notices nothing', async ({ page, url, allow }) => {
    allow(NO_SOCKET);
    const api = await Api.guest(page.context().request, url);
    const id = await api.begin('before');
    await api.settled(id);
    const opened = page.waitForEvent('websocket');
    await page.goto(`${url}/c/${id}`);
    await expect(statusText(page)).toHaveText('Connected');
    const told = page.evaluate(() => {
      const label = document.querySelector('.status .label');
      const texts: string[] = [];
      const watch = new MutationObserver(() => texts.push(label?.textContent ?? ''));
      if (label) watch.observe(label, { subtree: true, childList: true, characterData: true });
      return new Promise<string[]>((resolve) => Object.assign(window, { tell: () => resolve(texts) }));
    });
    const again = page.waitForEvent('websocket', { timeout: 20_000 });
    await (await opened).waitForEvent('close', { timeout: 20_000 });
    await again;
    await expect(statusLabel(page)).toHaveAttribute('title', SOCKET);
    await write(page, 'after');
    await expect(lastAnswer(page)).toHaveText('after');
    await expect(questions(page)).toHaveText(['before', 'after']);
    await page.evaluate(() => (window as unknown as { tell: () => void }).tell());
    expect(await told).not.toContainEqual(expect.stringMatching(/Reconnecting|Next try in|Offline|Not connected/));
  });
});
