/** A proxy blocks or removes upgrades, requires its own sign-in, or wants a password. */
import { Api } from './support/api.ts';
import { ECHO, lastAnswer, NO_CONNECTION, questions, statusLabel, statusText, unsent, write } from './support/chat.ts';
import { Proxy } from './support/proxy.ts';
import { expect, test } from './support/server.ts';

const isUpgrade = (head: string): boolean => /^upgrade: websocket/im.test(head);
const answered = (status: string, ...headers: string[]): string => [`HTTP/1.1 ${status}`, ...headers, 'content-length: 0', 'connection: close', '', ''].join('\r\n');

test('if a proxy swallows the upgrade, the first answer comes within two seconds, and the next page tries another transport first', async ({ page, server, allow }) => {
  allow(NO_CONNECTION);
  const network = await Proxy.start(server.port);
  network.rule((head) => (isUpgrade(head) ? 'swallow' : undefined));
  await page.goto(network.url);
  await write(page, 'Through?', ECHO);
  const sent = Date.now();
  await expect(lastAnswer(page)).toHaveText('Through?', { timeout: 8_000 });
  expect(Date.now() - sent).toBeLessThan(2_000);
  await expect(statusLabel(page)).toHaveAttribute('title', /^Connected over an event stream\. No WebSocket reaches the server/);
  let upgrades = 0;
  network.rule((head) => {
    if (!isUpgrade(head)) return undefined;
    upgrades += 1;
    return 'swallow';
  });
  await page.reload();
  await expect(statusText(page)).toHaveText('Connected');
  await write(page, 'And again?');
  await expect(lastAnswer(page)).toHaveText('And again?');
  expect(upgrades).toBe(0);
  await network.stop();
});

test('if a proxy removes the upgrade header, the page names the cause and the line that fixes it', async ({ page, context, server, allow }) => {
  allow(NO_CONNECTION);
  const network = await Proxy.start(server.port);
  network.rule((head) => (isUpgrade(head) ? head.replace(/^(upgrade|connection): .*\r\n/gim, '') : undefined));
  const api = await Api.guest(context.request, network.url);
  const id = await api.begin('here');
  await api.settled(id);
  await page.goto(`${network.url}/c/${id}`);
  const cause = /removes the WebSocket's Upgrade header\. nginx: proxy_http_version 1\.1;/;
  await expect(statusLabel(page)).toHaveAttribute('title', cause, { timeout: 15_000 });
  await page.goto(`${network.url}/settings/connection`);
  await expect(page.getByRole('main')).toContainText("removes the WebSocket's Upgrade header");
  await expect(page.getByRole('main')).toContainText('proxy_set_header Upgrade $http_upgrade;');
  await network.stop();
});

test('a proxy that cuts idle sockets after ten seconds is detected at the second cut, and Settings → Connection names it', async ({ page, context, server }) => {
  test.setTimeout(90_000);
  const network = await Proxy.start(server.port);
  await Api.guest(context.request, network.url);
  network.cutUpgradedWhenIdleFor(10_000);
  await page.goto(`${network.url}/settings/connection`);
  await expect(page.getByRole('main')).toContainText('cuts connections that are idle for 10 s', { timeout: 60_000 });
  expect(network.idleCuts).toBe(2);
  await expect(page.getByRole('main')).toContainText('Connected');
  await page.waitForTimeout(22_000);
  expect(network.idleCuts).toBe(2);
  await expect(page.getByRole('main')).toContainText('Connected');
  await network.stop();
});

test('a socket that reports an error but no close does not block the page', async ({ page, server }) => {
  await page.addInitScript(() => {
    class Broken extends EventTarget {
      readyState = 0;
      bufferedAmount = 0;
      binaryType = 'blob';
      constructor() {
        super();
        setTimeout(() => this.dispatchEvent(new Event('error')), 10);
      }
      send(): void {}
      close(): void {}
    }
    Object.assign(Broken, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });
    Object.assign(globalThis, { WebSocket: Broken });
  });
  await page.goto(server.url);
  await write(page, 'Still here?', ECHO);
  await expect(lastAnswer(page)).toHaveText('Still here?', { timeout: 8_000 });
  await expect(statusLabel(page)).toHaveAttribute('title', /^Connected over an event stream/);
});

for (const [name, reply] of [
  ['a redirect to its page', answered('302 Found', 'location: https://idp.invalid/sign-in')],
  ['401', answered('401 Unauthorized', 'content-type: text/html')],
  ['a page of its own', answered('200 OK', 'content-type: text/html')],
] as const) {
  test(`if a gateway's session has ended (${name}), the page says so, and messages wait`, async ({ page, context, server, allow }) => {
    allow(NO_CONNECTION);
    allow(/Failed to load resource/);
    const network = await Proxy.start(server.port);
    const api = await Api.guest(context.request, network.url);
    const id = await api.begin('before');
    await api.settled(id);
    await page.goto(`${network.url}/c/${id}`);
    await expect(statusText(page)).toHaveText('Connected');
    network.rule(() => reply);
    network.cut();
    await write(page, 'Wait for me');
    await expect(statusLabel(page)).toHaveAttribute('title', 'Something in front of the server asks you to sign in. Reload the page.', { timeout: 15_000 });
    await expect(unsent(page)).toContainText('Wait for me');
    network.rule(undefined);
    await page.reload();
    await expect(questions(page)).toHaveText(['before', 'Wait for me']);
    await network.stop();
  });
}

test('everything works behind Basic authentication', async ({ browser, server }) => {
  const network = await Proxy.start(server.port);
  const wanted = `Basic ${Buffer.from('me:secret').toString('base64')}`;
  network.rule((head) => (head.includes(wanted) ? undefined : answered('401 Unauthorized', 'www-authenticate: Basic realm="Holdfast"')));
  const context = await browser.newContext({ httpCredentials: { username: 'me', password: 'secret' } });
  const page = await context.newPage();
  await page.goto(network.url);
  await write(page, 'By password', ECHO);
  await expect(lastAnswer(page)).toHaveText('By password');
  await page.reload();
  await expect(questions(page)).toHaveText('By password');
  await context.close();
  await network.stop();
});
