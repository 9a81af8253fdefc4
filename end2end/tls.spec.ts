/** The server's own TLS: one binary, no proxy. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { certify } from './support/certificate.ts';
import { ECHO, lastAnswer, statusLabel, write } from './support/chat.ts';
import { expect, test as base } from './support/server.ts';

type Pair = { readonly cert: string; readonly key: string };

const test = base.extend<{ pair: Pair }>({
  pair: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-tls-'));
    const pair = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    await certify(pair.cert, pair.key);
    await use(pair);
    await rm(folder, { recursive: true, force: true });
  },
  settings: async ({ pair }, use) => use({ HOLDFAST_TLS_CERT: pair.cert, HOLDFAST_TLS_KEY: pair.key }),
});
test.use({ ignoreHTTPSErrors: true });

/** The server's certificate and key. */
function fingerprint(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

test('the page works over https, with a socket and a secure cookie, and reconnects over https', async ({ page, server, context }) => {
  expect(server.url).toMatch(/^https:/);
  const response = await page.goto('/');
  expect(response?.headers()['strict-transport-security']).toContain('max-age=');
  await write(page, 'Over TLS', ECHO);
  await expect(lastAnswer(page)).toHaveText('Over TLS');
  await expect(statusLabel(page)).toHaveAttribute('title', 'Connected over a WebSocket');
  expect(await context.cookies()).toMatchObject([{ name: '__Host-holdfast_session', secure: true, httpOnly: true, path: '/' }]);
  await page.reload();
  await expect(lastAnswer(page)).toHaveText('Over TLS');
});

test('a cookie from http, or one that was planted, signs nobody in', async ({ page, server, context, allow }) => {
  allow(/status of 401/);
  await page.goto('/');
  await write(page, 'Mine alone', ECHO);
  await expect(lastAnswer(page)).toHaveText('Mine alone');
  const [cookie] = await context.cookies();
  expect(cookie?.name).toBe('__Host-holdfast_session');
  await context.clearCookies();
  await context.addCookies([{ name: 'holdfast_session', value: cookie?.value ?? '', url: server.url, httpOnly: true, sameSite: 'Lax' }]);
  await page.goto('/');
  await expect(page.getByRole('link', { name: 'Mine alone' })).toHaveCount(0);
  await write(page, 'Somebody new', ECHO);
  await expect(lastAnswer(page)).toHaveText('Somebody new');
  // The next response removes it.
  await expect.poll(async () => (await context.cookies()).map(({ name }) => name)).toEqual(['__Host-holdfast_session']);
});

test.describe('with short timeouts', () => {
  test.use({ settings: async ({ pair }, use) => use({ HOLDFAST_TLS_CERT: pair.cert, HOLDFAST_TLS_KEY: pair.key, HOLDFAST_READ_SECONDS: '1' }) });

  test('a client that sends nothing after the handshake is disconnected', async ({ server }) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.resume();
    await once(socket, 'close');
  });
});

test('a new certificate is used without a restart', async ({ server, pair }) => {
  const before = await fingerprint(server.port);
  await certify(pair.cert, pair.key);
  await expect.poll(() => fingerprint(server.port), { timeout: 20_000, intervals: [500] }).not.toBe(before);
});
