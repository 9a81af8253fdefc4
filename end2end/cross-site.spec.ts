/** A real page of another origin can neither open a socket nor change anything. */
import { createServer, type Server as Listener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Api } from './support/api.ts';
import { field, lastAnswer, statusText, write } from './support/chat.ts';
import { expect, test as base } from './support/server.ts';

const ada = { username: 'ada', password: 'correct horse battery' };

const test = base.extend<{ elsewhere: Listener }>({
  elsewhere: async ({}, use) => {
    const listener = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Elsewhere</title>'));
    await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready));
    await use(listener);
    listener.closeAllConnections();
    await new Promise((closed) => listener.close(closed));
  },
});

/** With another port it is the same site, so that cookies are sent; with another name it is not. */
for (const name of ['127.0.0.1', 'localhost']) {
  test(`a page on another port of ${name}`, async ({ page, context, server, elsewhere, allow }) => {
    allow(/./); // it is refused what it tries, and a browser says so
    const api = await Api.claim(context.request, server, ada);
    const id = await api.begin('Mine');
    await api.settled(id);
    await page.goto(`/c/${id}`);
    await expect(statusText(page)).toHaveText('Connected');
    const cookies = async () => (await context.cookies(server.url)).map(({ name, value }) => `${name}=${value}`);
    const session = await cookies();
    expect(session).toHaveLength(1);

    const evil = await context.newPage();
    await evil.goto(`http://${name}:${(elsewhere.address() as AddressInfo).port}/`);
    const socket = await evil.evaluate(
      (url) =>
        new Promise<string>((told) => {
          const socket = new WebSocket(url);
          socket.onopen = () => told('open');
          socket.onclose = ({ code }) => told(`closed ${code}`);
        }),
      `${server.url.replace('http', 'ws')}/ws`,
    );
    expect(socket).toBe('closed 1006');

    // Requests without a preflight, with the cookies that the browser adds.
    const changes = ['auth/guest', 'auth/refresh', 'auth/logout', 'auth/remove', 'conversations', 'chat', 'admin/invitations', 'admin/providers'];
    const simple = await evil.evaluate(
      ([url, paths]) =>
        Promise.all(
          paths.map(async (path) => {
            const body = JSON.stringify({ content: 'Not mine', name: 'evil', kind: 'openai' });
            const sent = fetch(`${url}/api/${path}`, { method: 'POST', mode: 'no-cors', credentials: 'include', body });
            return sent.then(({ type }) => type).catch(() => 'kept from the page');
          }),
        ),
      [server.url, changes] as const,
    );
    expect(new Set(simple)).toEqual(new Set(['kept from the page']));
    // Requests that need a preflight, or whose response must be readable.
    const refused = await evil.evaluate(
      ([url, id]) => {
        const said = (reply: Promise<Response>) => reply.then((reply) => `read ${reply.status}`).catch(() => 'refused');
        const json = { 'content-type': 'application/json' };
        return Promise.all([
          said(fetch(`${url}/api/conversations/${id}`, { method: 'DELETE', credentials: 'include' })),
          said(fetch(`${url}/api/auth/refresh`, { method: 'POST', credentials: 'include', headers: json })),
          said(fetch(`${url}/api/auth/me`, { credentials: 'include' })),
          said(fetch(`${url}/`, { credentials: 'include' })),
        ]);
      },
      [server.url, id] as const,
    );
    expect(refused).toEqual(['refused', 'refused', 'refused', 'refused']);
    // A form, and a frame.
    const answer = evil.waitForResponse((response) => response.url().endsWith('/api/auth/logout'));
    await evil.evaluate((url) => {
      const form = document.body.appendChild(document.createElement('form'));
      form.method = 'post';
      form.action = `${url}/api/auth/logout`;
      form.submit();
    }, server.url);
    expect((await answer).status()).toBe(403);
    await evil.waitForURL(/\/api\/auth\/logout$/);
    await evil.goto(`http://${name}:${(elsewhere.address() as AddressInfo).port}/`);
    await evil.evaluate((url) => {
      const frame = document.body.appendChild(document.createElement('iframe'));
      frame.src = url;
      return new Promise((loaded) => (frame.onload = loaded));
    }, server.url);
    expect(await evil.frames()[1]?.locator('main').count().catch(() => 0)).toBe(0);

    // None of it had an effect.
    expect(await cookies()).toEqual(session);
    await write(page, 'Still here');
    await expect(lastAnswer(page)).toHaveText('Still here');
    await page.reload();
    await expect(field(page)).toBeVisible();
    await expect(statusText(page)).toHaveText('Connected');
    const here = await Api.here(context.request);
    expect((await here.messages(id)).map(({ content }) => content)).not.toContain('Not mine');
    const origin = `http://${name}:${(elsewhere.address() as AddressInfo).port}`;
    const refusedThere = (await here.refusals()).filter((refused) => refused.code === 'origin_not_allowed' && refused.origin === origin);
    expect(refusedThere.map(({ path }) => path)).toEqual(expect.arrayContaining(['/ws', ...changes.map((path) => `/api/${path}`)]));
  });
}
