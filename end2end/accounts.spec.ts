/** Guests, accounts, and signing out. */
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { distinctWords, ECHO, field, heading, item, lastAnswer, openList, questions, statusText, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const ada = { username: 'ada', password: 'correct horse battery' };
const UNAUTHORIZED = /status of 401/;

async function fillIn(page: Page, { username, password }: typeof ada, button: string): Promise<void> {
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: button }).click();
}

test('a guest who creates an account keeps the conversation', async ({ page, context }) => {
  await page.goto('/');
  await write(page, 'Written as a guest', ECHO);
  await expect(lastAnswer(page)).toHaveText('Written as a guest');

  await openList(page);
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByText('You are here as a guest.')).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Create an account' }).click();
  await expect(page.getByText('You keep what you have written as a guest.')).toBeVisible();
  await fillIn(page, ada, 'Create an account');

  await expect(heading(page)).toHaveText('New conversation');
  await expect(statusText(page)).toHaveText('Connected');
  await openList(page);
  await expect(page.getByText('ada', { exact: true })).toBeVisible();
  await item(page, 'Written as a guest').click();
  await expect(questions(page)).toHaveText('Written as a guest');
  await write(page, 'Written with a name');
  await expect(lastAnswer(page)).toHaveText('Written with a name');
  expect(await context.cookies()).toMatchObject([{ httpOnly: true, sameSite: 'Lax', path: '/' }]);
});

test('signing out in one tab signs out the other', async ({ page, context, allow }) => {
  const api = await Api.signUp(context.request, ada);
  const id = await api.begin('Nobody else’s business');
  await api.settled(id);
  const other = await context.newPage();
  await other.goto(`/c/${id}`);
  await expect(statusText(other)).toHaveText('Connected');
  await page.goto('/settings/account');
  await expect(page.getByText('Signed in as ada')).toBeVisible();
  allow(UNAUTHORIZED);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();

  await expect(page).toHaveURL('/signin');
  await expect(other.getByText('You signed out in another tab.')).toBeVisible();
  await expect(questions(other)).toHaveCount(0);
  await expect(other.getByText('Nobody else’s business')).toHaveCount(0);
  await expect(statusText(other)).not.toHaveText('Connected');
  expect((await context.request.get(`/c/${id}`)).status()).toBe(404);

  // Signing in in one tab signs in the other.
  await fillIn(page, ada, 'Sign in');
  await expect(heading(page)).toHaveText('New conversation');
  await openList(page);
  await expect(item(page, 'Nobody else’s business')).toBeVisible();
  await expect(statusText(other)).toHaveText('Connected');
});

test('a wrong password shows an error, and the right one signs in', async ({ page, context, browser, server, allow }) => {
  const api = await Api.signUp(context.request, ada);
  const id = await api.begin('From my other machine');
  await api.settled(id);
  await context.clearCookies();
  await page.goto('/signin');
  await fillIn(page, { ...ada, password: 'wrong horse battery' }, 'Sign in');
  allow(UNAUTHORIZED);
  await expect(page.getByRole('alert')).toHaveText('Name or password is wrong.');
  await expect(page.getByLabel('Username')).toHaveValue('ada');
  await expect(page.getByLabel('Password')).toBeFocused();
  await fillIn(page, ada, 'Sign in');
  await expect(heading(page)).toHaveText('New conversation');
  await openList(page);
  await item(page, 'From my other machine').click();
  await expect(questions(page)).toHaveText('From my other machine');

  // The account is used on two machines at once.
  const elsewhere = await browser.newContext({ baseURL: server.url });
  const device = await elsewhere.newPage();
  await device.goto('/signin');
  await fillIn(device, ada, 'Sign in');
  await expect(statusText(device)).toHaveText('Connected');
  await device.goto(`/c/${id}`);
  await write(page, 'To both of them');
  await expect(questions(device)).toHaveText(['From my other machine', 'To both of them']);
  await expect(lastAnswer(device)).toHaveText('To both of them');
  await elsewhere.close();
});

test('a username that is taken is refused', async ({ page, request, allow }) => {
  await Api.signUp(request, ada);
  await page.goto('/signup');
  allow(/status of 409/);
  await fillIn(page, ada, 'Create an account');
  await expect(page.getByRole('alert')).toHaveText('This name is taken. Choose another, or sign in.');
});

test('a weak password is refused at its field, and a good one is accepted', async ({ page, allow }) => {
  await page.goto('/signup');
  allow(/status of 400/);
  await fillIn(page, { ...ada, password: 'ada12345' }, 'Create an account');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('This password is easy to guess: it is made of the name');
  await expect(page.getByLabel('Password')).toBeFocused();
  await expect(page.getByLabel('Password')).toHaveAccessibleDescription(/easy to guess/);
  await fillIn(page, { ...ada, password: 'password1' }, 'Create an account');
  await expect(alert).toContainText('many people have it');
  await fillIn(page, ada, 'Create an account');
  await expect(heading(page)).toHaveText('New conversation');

  await page.goto('/settings/account');
  await page.getByLabel('New password').fill('iloveyou');
  await page.getByLabel('Current password').fill(ada.password);
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByLabel('New password')).toBeFocused();
  await expect(page.getByLabel('New password')).toHaveAccessibleDescription(/easy to guess: many people have it/);
});

for (const hours of [-9, 9]) {
  test(`with a clock that is ${hours} hours off, the page connects and requests a token once`, async ({ page, context }) => {
    await Api.guest(context.request);
    await page.addInitScript((off) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + off;
    }, hours * 3_600_000);
    let renewals = 0;
    page.on('request', (request) => void (request.url().endsWith('/api/auth/refresh') && renewals++));
    await page.goto('/');
    await expect(statusText(page)).toHaveText('Connected');
    // An answer of some seconds, during which the page would request tokens repeatedly.
    const text = distinctWords(150);
    await write(page, text, ECHO);
    await expect(lastAnswer(page)).toHaveText(text, { timeout: 30_000 });
    expect(renewals).toBe(1);
  });
}

test.describe('without guests', () => {
  test.use({ settings: { HOLDFAST_GUESTS: 'false' } });

  test('users must sign in to write', async ({ page }) => {
    await page.goto('/');
    await expect(field(page)).toHaveCount(0);
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Create an account' }).click();
    await fillIn(page, ada, 'Create an account');
    await write(page, 'At last', ECHO);
    await expect(lastAnswer(page)).toHaveText('At last');
  });
});
