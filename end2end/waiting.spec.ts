/** What the page shows while a conversation or a list loads. */
import { Api } from './support/api.ts';
import { item, lastAnswer, openList, statusText } from './support/chat.ts';
import { expect, test } from './support/server.ts';

test('a conversation that loads slowly shows placeholders, but not in the first moments', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Slow to come', 'echo');
  await api.settled(id);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.routeWebSocket(/\/ws$/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage(async (message) => {
      if (String(message).includes('"type":"sync"')) await held;
      socket.send(message);
    });
  });
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Connected');
  await openList(page);
  await item(page, 'Slow to come').click();
  const skeletons = page.locator('.loading');
  await expect(skeletons).toBeVisible();
  // The placeholders are invisible for the first 200 ms.
  expect(await skeletons.evaluate((one) => [getComputedStyle(one).animationDelay, getComputedStyle(one).animationFillMode])).toEqual(['0.2s', 'backwards']);
  await expect(skeletons.locator('.skeleton').first()).toBeVisible();
  release();
  await expect(lastAnswer(page)).toHaveText('Slow to come');
  await expect(skeletons).toHaveCount(0);
});

for (const [path, call, label] of [
  ['/settings/account', 'auth/sessions', 'Sessions'],
  ['/settings/data', 'shares', ''],
  ['/settings/people', 'admin/users', 'Users'],
  ['/settings/providers', 'admin/providers', 'Providers'],
  ['/settings/activity', 'admin/activity', 'Who is connected'],
] as const) {
  test(`the list at ${path} shows placeholders while it loads, and the reason and a button if it fails`, async ({ page, context, server, allow }) => {
    await Api.claim(context.request, server, { username: 'ada', password: 'correct horse battery' });
    allow(/status of 500|ERR_FAILED/);
    let answer: (does: boolean) => void = () => undefined;
    const asked = (): Promise<boolean> => new Promise((resolve) => (answer = resolve));
    let next = asked();
    await page.route(new RegExp(`/api/${call}(\\?|$)`), async (route) => {
      if (await next) await route.continue();
      else await route.fulfill({ status: 500, json: { code: 'internal', error: 'Something broke.' } });
    });
    await page.goto(path);
    const main = page.getByRole('main');
    await expect(main.locator('.loading .skeleton').first()).toBeVisible();
    answer(false);
    await expect(main.getByRole('alert').filter({ hasText: 'Something broke.' })).toBeVisible();
    await expect(main.locator('.loading')).toHaveCount(0);
    next = Promise.resolve(true);
    await main.getByRole('button', { name: 'Try again' }).click();
    await expect(main.getByRole('alert').filter({ hasText: 'Something broke.' })).toHaveCount(0);
    await expect(main.locator('.loading')).toHaveCount(0);
    if (label === '') await expect(main.getByText('You share no conversation')).toBeVisible();
    else await expect(main.getByRole('list', { name: label }).getByRole('listitem').first()).toBeVisible();
  });
}
