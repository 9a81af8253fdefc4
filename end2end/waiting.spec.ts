/** What is seen of a conversation while it is on its way. */
import { Api } from './support/api.ts';
import { item, openList, said, words } from './support/chat.ts';
import { expect, test } from './support/server.ts';

test('a conversation that takes long is seen to come, and not before it does take long', async ({ page, context }) => {
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
  await expect(said(page)).toHaveText('Connected');
  await openList(page);
  await item(page, 'Slow to come').click();
  const bones = page.locator('.loading');
  await expect(bones).toBeVisible();
  // Nothing of it is seen for the first 200 ms.
  expect(await bones.evaluate((one) => [getComputedStyle(one).animationDelay, getComputedStyle(one).animationFillMode])).toEqual(['0.2s', 'backwards']);
  await expect(bones.locator('.bone').first()).toBeVisible();
  release();
  await expect(words(page)).toHaveText('Slow to come');
  await expect(bones).toHaveCount(0);
});
