/** What administrators see of the current activity. */
import { hostname } from 'node:os';
import { Api } from './support/api.ts';
import { NO_CONNECTION } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const ada = { username: 'ada', password: 'correct horse battery' };

test('current activity is shown, and refusals with their fix', async ({ page, context, browser, server, allow }) => {
  await Api.claim(context.request, server, ada);
  const elsewhere = await browser.newContext();
  const guest = await Api.guest(elsewhere.request, server.url);
  const id = await guest.begin('Count.', 'echo-6000-20');

  await page.goto('/settings/activity');
  const list = (name: string) => page.getByRole('list', { name });
  await expect(list('Who is connected').getByRole('listitem').filter({ hasText: 'ada' })).toContainText(`1 WebSocket on ${hostname()} ·`);
  await expect(list('Answers being written').getByRole('listitem')).toContainText(['Guest']);
  await expect(list('Answers being written')).toContainText('echo-6000-20');
  await expect(page.getByText('Nothing was refused.')).toBeVisible();

  // It updates without a click.
  await guest.delete(id);
  await expect(page.getByText('No answer is being written.')).toBeVisible();
  const refused = await elsewhere.request.post(`${server.url}/api/auth/guest`, { headers: { origin: 'https://evil.example' } });
  expect(refused.status()).toBe(403);
  const line = list('Refused in the last hour').getByRole('listitem').filter({ hasText: 'origin_not_allowed' });
  await expect(line).toContainText('/api/auth/guest · from 127.0.0.1 · page of https://evil.example');
  await expect(line).toContainText('HOLDFAST_ALLOWED_ORIGINS=https://evil.example');
  await elsewhere.close();

  // During an outage, it does not show old data as current.
  allow(NO_CONNECTION);
  await server.stop();
  await expect(page.getByRole('alert').filter({ hasText: 'The page shows the last known state.' })).toBeVisible();
  await server.restart();
  await expect(page.getByRole('alert').filter({ hasText: 'The page shows the last known state.' })).toHaveCount(0, { timeout: 30_000 });
  await expect(list('Who is connected').getByRole('listitem').filter({ hasText: 'ada' })).toBeVisible();
});

test('only administrators see it', async ({ page, context, allow }) => {
  await Api.signUp(context.request, ada);
  allow(/status of 403/);
  await page.goto('/settings/activity');
  await expect(page.getByText('This page is for administrators.')).toBeVisible();
});
