/** Replies that are not the server’s are recognized, wherever the page makes a call. */
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { chooseFromMenu, NO_CONNECTION, openList, statusText, toast } from './support/chat.ts';
import { Proxy } from './support/proxy.ts';
import { expect, test as base } from './support/server.ts';

const test = base.extend<{ network: Proxy }>({
  network: async ({ server, allow }, use) => {
    allow(NO_CONNECTION);
    allow(/Failed to load resource/);
    const network = await Proxy.start(server.port);
    await use(network);
    await network.stop();
  },
  baseURL: async ({ network }, use) => use(network.url),
});

const answered = (status: string, ...headers: string[]): string =>
  [`HTTP/1.1 ${status}`, ...headers, 'content-length: 2', 'connection: close', '', 'no'].join('\r\n');
const HTML = 'content-type: text/html';

/** Answers calls to this path with this reply. */
const answer = (network: Proxy, path: RegExp, reply: string | 'cut'): void =>
  network.rule((head) => (path.test(head.split('\r\n')[0] ?? '') ? reply : undefined));

const LARGE = { name: 'large.json', mimeType: 'application/json', buffer: Buffer.alloc(3 * 1024 * 1024, ' ') };

for (const [name, reply, told] of [
  ['413', answered('413 Request Entity Too Large', HTML, 'server: nginx'), /^large\.json \(3072 KB\): Something in front of the server rejects data this large.*client_max_body_size/],
  ['a cut connection', 'cut', /^large\.json \(3072 KB\): The connection was cut while sending.*client_max_body_size/],
  ['408', answered('408 Request Timeout', HTML), /does not wait until all data has arrived.*client_body_timeout/],
  ['401', answered('401 Unauthorized', HTML), /asks you to sign in/],
  ['403', answered('403 Forbidden', HTML), /asks you to sign in/],
  ['502', answered('502 Bad Gateway', HTML), /can\x27t reach it now/],
  ['504', answered('504 Gateway Timeout', HTML), /can\x27t reach it now/],
  ['a redirect', answered('302 Found', 'location: /elsewhere'), /asks you to sign in/],
  ['a page', answered('200 OK', HTML), /asks you to sign in/],
  ['a text', answered('200 OK', 'content-type: text/plain'), /answered in its place/],
  ['another status', answered('418 Teapot', HTML), /answered in its place/],
] as const) {
  test(`an import that a proxy answers with ${name} names the proxy`, async ({ page, context, network }) => {
    await Api.guest(context.request, network.url);
    await page.goto('/settings/data');
    await expect(statusText(page).or(page.getByRole('heading', { name: 'Export' })).first()).toBeVisible();
    answer(network, /\/api\/import/, reply);
    await expect(page.getByRole('button', { name: 'Import' })).toBeEnabled();
    await page.getByLabel('Files').setInputFiles(LARGE);
    await page.getByRole('button', { name: 'Import' }).click();
    const problems = page.getByRole('list', { name: 'What was left out' }).getByRole('listitem');
    await expect(problems).toHaveText(told);
  });
}

const PLACES: Readonly<Record<string, (page: Page, network: Proxy, reply: string) => Promise<void>>> = {
  'signing in': async (page, network, reply) => {
    await page.goto('/signin');
    answer(network, / \/api\//, reply);
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Sign in' }).click();
  },
  'the settings': async (page, network, reply) => {
    await page.goto('/');
    await expect(statusText(page)).toHaveText('Connected');
    answer(network, / \/api\//, reply);
    await openList(page);
    await page.getByRole('link', { name: 'Settings' }).click();
    // The list closes once more when the page has loaded.
    await expect(page.getByRole('heading', { name: 'Account', exact: true })).toBeVisible();
    await openList(page);
    await page.getByRole('link', { name: 'Your data' }).click();
  },
  'the export': async (page, network, reply) => {
    await page.goto('/settings/data');
    await expect(page.getByRole('button', { name: 'Import' })).toBeEnabled();
    answer(network, / \/api\/export/, reply);
    await page.getByRole('button', { name: 'Export all conversations' }).click();
  },
  'searching': async (page, network, reply) => {
    const api = await Api.here(page.context().request, network.url);
    await api.settled(await api.begin('How do tides work?'));
    await page.goto('/');
    await expect(statusText(page)).toHaveText('Connected');
    answer(network, / \/api\/search/, reply);
    await openList(page);
    await page.getByRole('searchbox').fill('tides');
  },
  'making a link': async (page, network, reply) => {
    const api = await Api.here(page.context().request, network.url);
    const id = await api.begin('Shown');
    await api.settled(id);
    await page.goto(`/c/${id}`);
    await expect(statusText(page)).toHaveText('Connected');
    await chooseFromMenu(page, 'Share…');
    answer(network, / \/api\/conversations\/.*shares/, reply);
    await page.getByRole('button', { name: 'Create a link' }).click();
  },
  'exporting one': async (page, network, reply) => {
    const api = await Api.here(page.context().request, network.url);
    const id = await api.begin('Taken');
    await api.settled(id);
    await page.goto(`/c/${id}`);
    await expect(statusText(page)).toHaveText('Connected');
    answer(network, / \/api\/conversations\/.*export/, reply);
    await chooseFromMenu(page, 'Export as JSON');
  },
};

for (const [place, go] of Object.entries(PLACES)) {
  test(`at ${place}, replies of a proxy are recognized`, async ({ page, context, network }) => {
    for (const [reply, told] of [
      [answered('502 Bad Gateway', HTML), "Something in front of the server can't reach it now"],
      [answered('403 Forbidden', HTML), 'Something in front of the server asks you to sign in'],
      [answered('413 Request Entity Too Large', HTML), 'Something in front of the server rejects data this large'],
      [answered('200 OK', 'content-type: text/plain'), 'Something in front of the server answered in its place'],
    ] as const) {
      network.rule(undefined);
      await Api.guest(context.request, network.url);
      await go(page, network, reply);
      await expect(page.getByText(told).first(), `${place}: ${told}`).toBeVisible();
    }
    await expect(toast(page)).toHaveCount(1);
  });
}
