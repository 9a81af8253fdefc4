/** Limits, for administrators. */
import { Api } from './support/api.ts';
import { answers, ECHO, field, lastAnswer, openList, secondsIn, unsent, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const ada = { username: 'ada', password: 'correct horse battery' };

test('limits are shown, can be changed, and apply at once', async ({ page, context, browser, server, allow }) => {
  await Api.claim(context.request, server, ada);
  await page.goto('/settings/limits');
  const messages = page.getByLabel('Messages per minute and user (default: 30)');
  await expect(messages).toHaveValue('30');
  await messages.fill('1');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByText('Changed.')).toBeVisible();
  await page.reload();
  await expect(messages).toHaveValue('1');

  const elsewhere = await browser.newContext();
  const guest = await Api.guest(elsewhere.request, server.url);
  const id = await guest.begin('One');
  await expect(guest.ask(id, 'Two')).rejects.toThrow(/429.*Too many messages in a minute/);
  await elsewhere.close();

  allow(/status of 400/);
  await messages.fill('0');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'A limit is a number from 1 to 1000000.' })).toBeVisible();
});

test('limits of conversations, links, changes and storage apply at once', async ({ page, context, browser, server }) => {
  await Api.claim(context.request, server, ada);
  await page.goto('/settings/limits');
  const fields: readonly (readonly [RegExp, string, string])[] = [
    [/^Conversations created by programs/, '60', '7'],
    [/^Shared links per minute/, '30', '8'],
    [/^Other changes per minute/, '300', '200'],
    [/^Storage of a guest/, '50', '1'],
    [/^Storage of an account/, '2048', '0'],
    [/^Storage of all users together/, '0', '4096'],
  ];
  for (const [label, usual, other] of fields) {
    await expect(page.getByLabel(label)).toHaveValue(usual);
    await page.getByLabel(label).fill(other);
  }
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByText('Changed.')).toBeVisible();
  await page.reload();
  for (const [label, , other] of fields) await expect(page.getByLabel(label)).toHaveValue(other);

  const elsewhere = await browser.newContext();
  const guest = await Api.guest(elsewhere.request, server.url);
  const stored = await elsewhere.request.get(`${server.url}/api/storage`, { headers: { authorization: `Bearer ${guest.token}` } });
  expect(await stored.json()).toMatchObject({ quota_bytes: 1024 * 1024 });
  await elsewhere.close();
});

test('used storage and its quota are shown to the user, and to administrators in the list of users', async ({ page, context, browser, server }) => {
  const admin = await Api.claim(context.request, server, ada);
  const elsewhere = await browser.newContext({ baseURL: server.url });
  const api = await Api.signUp(elsewhere.request, { username: 'bob', password: 'another horse battery' }, server.url);
  await api.settled(await api.begin('x'.repeat(20_000)));
  const other = await elsewhere.newPage();
  await other.goto('/settings/account');
  const meter = other.getByRole('meter', { name: 'Storage' });
  await expect(other.getByText(/^[\d.,]+ of [\d.,]+ MB are in use\./)).toBeVisible();
  await expect(meter).toHaveAttribute('max', String(2048 * 1024 * 1024));
  expect(Number(await meter.getAttribute('value'))).toBeGreaterThan(40_000);

  await page.goto('/settings/people');
  const users = page.getByRole('listitem').filter({ hasText: 'bob' });
  await expect(users.first()).toContainText(/\d MB/);

  // Without a quota, only the used storage is shown.
  const headers = { authorization: `Bearer ${admin.token}` };
  await context.request.patch(`${server.url}/api/admin/limits`, { headers, data: { user_storage_mib: 0 } });
  await other.reload();
  await expect(other.getByText(/^[\d.,]+ MB are in use\.$/)).toBeVisible();
  await expect(meter).toHaveCount(0);
  await elsewhere.close();
});

test.describe('with limits in the configuration', () => {
  test.use({ settings: { HOLDFAST_LIMIT_MESSAGES: '12' } });

  test('limits from the configuration are shown with their setting and cannot be changed on the page', async ({ page, context, server }) => {
    await Api.claim(context.request, server, ada);
    await page.goto('/settings/limits');
    const messages = page.getByLabel('Messages per minute and user (default: 30)');
    await expect(messages).toHaveValue('12');
    await expect(messages).toHaveAttribute('readonly');
    await expect(page.getByText('Set by HOLDFAST_LIMIT_MESSAGES on the server')).toBeVisible();
    await page.getByLabel('Answers at the same time, per user (default: 4)').fill('3');
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await expect(page.getByText('Changed.')).toBeVisible();
    await expect(messages).toHaveValue('12');
  });
});

test.describe('with one message a minute', () => {
  test.use({ settings: { HOLDFAST_LIMIT_MESSAGES: '1' } });

  test('a message over the limit counts down until it is sent, and can be withdrawn', async ({ page, allow }) => {
    allow(/status of 429/);
    await page.goto('/');
    await write(page, 'One', ECHO);
    await expect(lastAnswer(page)).toHaveText('One');
    await write(page, 'Two');
    const left = async (): Promise<number> => Number(/will be sent in (\d+) s/.exec(await unsent(page).innerText())?.[1] ?? 61);
    await expect.poll(left).toBeLessThan(61);
    const before = await left();
    await expect.poll(left).toBeLessThan(before);
    await unsent(page).getByRole('button', { name: 'Take back' }).click();
    await expect(field(page)).toHaveValue('Two');
    await expect(answers(page)).toHaveCount(1);
  });
});

test.describe('with one message a minute', () => {
  test.use({ settings: { HOLDFAST_LIMIT_MESSAGES: '1' } });

  test('regenerating too soon shows one error with a countdown that ends', async ({ page, allow }) => {
    allow(/status of 429/);
    await page.clock.install();
    await page.goto('/');
    await write(page, 'One', ECHO);
    await expect(lastAnswer(page)).toHaveText('One');
    const again = answers(page).getByRole('button', { name: 'Regenerate', exact: true });
    await again.click();
    const notice = page.locator('.notice');
    const left = secondsIn(notice);
    await expect.poll(left).toBeGreaterThan(0);
    await again.click();
    await page.clock.runFor(3_000);
    const before = await left();
    await expect(notice).toHaveCount(1);
    // Another page shows the remaining time, and does not restart the countdown.
    await page.clock.runFor(10_000);
    await openList(page);
    await page.getByRole('link', { name: 'Settings' }).click();
    await expect(page).toHaveURL(/settings/);
    await expect.poll(left).toBeLessThan(before - 9);
    await page.clock.runFor(60_000);
    await expect(notice.locator('[aria-hidden=true]')).toHaveText('Too many messages in a minute. Try again now.');
  });
});

test.describe('with three attempts a minute', () => {
  test.use({ settings: { HOLDFAST_LIMIT_SIGN_IN: '3' } });

  test('too many wrong passwords while removing an account show when the next attempt is allowed', async ({ page, context, allow }) => {
    await Api.signUp(context.request, ada);
    allow(/status of 4(01|03|29)/);
    await page.goto('/settings/account');
    await page.getByRole('button', { name: 'Remove the account…' }).click();
    const dialog = page.getByRole('dialog');
    for (let status = 0; status !== 429; ) {
      await dialog.getByLabel('Password').fill('not it');
      const replied = page.waitForResponse('**/api/auth/remove');
      await dialog.locator('button[type=submit]').click();
      status = (await replied).status();
    }
    const left = secondsIn(dialog.getByRole('alert'));
    await expect.poll(left).toBeGreaterThan(0);
    const before = await left();
    await expect.poll(left).toBeLessThan(before);
  });

  test('an invitation link that is opened too often shows when it can be opened again', async ({ page, context, allow }) => {
    allow(/status of 4(01|29)/);
    const look = (): ReturnType<typeof context.request.post> => context.request.post('/api/auth/invitation', { data: { code: 'none' } });
    while ((await look()).status() !== 429);
    await page.goto('/join#none');
    await expect.poll(secondsIn(page.locator('#sign-error'))).toBeGreaterThan(0);
  });

  test('too many wrong passwords in the settings show a countdown to the next attempt', async ({ page, context, allow }) => {
    await Api.signUp(context.request, ada);
    allow(/status of 4(01|03|29)/);
    await page.goto('/settings/account');
    const change = page.locator('form').filter({ hasText: 'New password' }).locator('button[type=submit]');
    for (let status = 0; status !== 429; ) {
      await page.getByLabel('New name').fill('lovelace');
      await page.getByLabel('Current password').fill('not it');
      const replied = page.waitForResponse('**/api/auth/me');
      await change.click();
      status = (await replied).status();
    }
    const left = secondsIn(page.locator('#details-error'));
    await expect.poll(left).toBeGreaterThan(0);
    const before = await left();
    await expect.poll(left).toBeLessThan(before);
    expect(await left()).toBeGreaterThan(0);
  });
});
