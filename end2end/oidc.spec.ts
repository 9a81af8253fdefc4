/** Signing in through a provider of OpenID Connect, by its button. */
import { Api } from './support/api.ts';
import { ECHO, field, heading, item, lastAnswer, openList, questions, statusText, write } from './support/chat.ts';
import { expectNoFindings } from './support/axe.ts';
import { Idp } from './support/idp.ts';
import { expect, test as base } from './support/server.ts';

const test = base.extend<{ idp: Idp }>({
  idp: async ({}, use) => {
    const idp = await Idp.start();
    await use(idp);
    await idp.stop();
  },
  settings: async ({ idp }, use) => use(idp.settings),
});

const BUTTON = { name: 'Sign in with Main Street' };
const FORBIDDEN = /status of 403/;

test('a guest signs in with the button and keeps the conversation', async ({ page }) => {
  await page.goto('/');
  await write(page, 'Written as a guest', ECHO);
  await expect(lastAnswer(page)).toHaveText('Written as a guest');
  await page.goto('/signin');
  await page.getByRole('link', BUTTON).click();

  await expect(page).toHaveURL('/');
  await expect(heading(page)).toHaveText('New conversation');
  await expect(statusText(page)).toHaveText('Connected');
  await openList(page);
  await expect(page.getByText('Ada', { exact: true })).toBeVisible();
  await item(page, 'Written as a guest').click();
  await expect(questions(page)).toHaveText('Written as a guest');
  await write(page, 'Written with a name');
  await expect(lastAnswer(page)).toHaveText('Written with a name');
});

test('the button is also on the sign-up page, and axe reports no errors', async ({ page }) => {
  for (const path of ['/signin', '/signup']) {
    await page.goto(path);
    await expect(page.getByRole('link', BUTTON)).toBeInViewport();
    const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(width).toBe(0);
    await expectNoFindings(page);
  }
});

test('a cancelled sign-in is reported, and the second attempt works by keyboard', async ({ page, idp }) => {
  idp.refuses = true;
  await page.goto('/signin');
  await page.getByRole('link', BUTTON).click();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('Main Street did not let you in');
  await expect(page.getByLabel('Username')).toBeVisible();
  await expectNoFindings(page);
  // The message was read, so the next visit does not show it.
  await page.getByRole('link', { name: 'Continue as guest' }).click();
  await expect(field(page)).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expect(page.getByText('Main Street did not let you in')).toHaveCount(0);
  idp.refuses = false;
  await page.getByRole('link', BUTTON).focus();
  await page.keyboard.press('Enter');
  await expect(heading(page)).toHaveText('New conversation');
  await expect(statusText(page)).toHaveText('Connected');
});

test('an account without a password names its sign-in method, and can be removed after a fresh sign-in', async ({ page, idp, allow }) => {
  await page.goto('/signin');
  await page.getByRole('link', BUTTON).click();
  await expect(statusText(page)).toHaveText('Connected');
  await page.goto('/settings/account');
  await expect(page.getByText('You sign in through Main Street. This account has no password')).toBeVisible();
  await expect(page.getByLabel('Current password')).toHaveCount(0);
  await expectNoFindings(page);

  const form = page.locator('form.form');
  await form.getByRole('link', { name: 'Sign in again with Main Street' }).click();
  await expect(page).toHaveURL('/settings/account');
  expect(idp.asked.get('max_age')).toBe('0');
  await page.getByLabel('New name').fill('Countess');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByText('Signed in as Countess')).toBeVisible();

  // After the account has a password, it is required.
  await page.getByLabel('New password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByLabel('Current password')).toBeVisible();
  await page.getByRole('button', { name: 'Remove the account…' }).click();
  allow(FORBIDDEN);
  const dialog = page.getByRole('dialog', { name: 'Remove your account?' });
  await dialog.getByLabel('Password').fill('wrong horse battery');
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(dialog.getByRole('alert')).toHaveText('The current password is wrong.');
  await dialog.getByLabel('Password').fill('correct horse battery');
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(heading(page)).toHaveText('New conversation');

  // An account without a password is removed without one.
  await page.goto('/signin');
  await page.getByRole('link', BUTTON).click();
  await expect(statusText(page)).toHaveText('Connected');
  await page.goto('/settings/account');
  await expect(page.getByText('This account has no password')).toBeVisible();
  await page.getByRole('button', { name: 'Remove the account…' }).click();
  await expect(dialog.getByLabel('Password')).toHaveCount(0);
  await expect(dialog.getByRole('link', { name: 'Sign in again with Main Street' })).toBeVisible();
  await expectNoFindings(page);
  // The provider did not ask the user again, because it knows the browser.
  await dialog.getByRole('link', { name: 'Sign in again with Main Street' }).click();
  await expect(page).toHaveURL('/settings/account');
  await expect(page.getByText('This account has no password')).toBeVisible();
  await page.getByRole('button', { name: 'Remove the account…' }).click();
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByText('Your account and everything in it were removed.')).toBeVisible();
  await page.goto('/settings/account');
  await expect(page.getByText('You are not signed in.')).toBeVisible();
});

test('an account with a password is linked with a provider, and unlinked', async ({ page, context, idp, allow }) => {
  await Api.signUp(context.request, { username: 'lovelace', password: 'correct horse battery' });
  await page.goto('/settings/account');
  const ways = page.getByRole('list', { name: 'Sign-in providers' });
  await expect(ways.getByText('Not linked')).toBeVisible();
  await ways.getByRole('button', { name: 'Link Main Street' }).click();
  const dialog = page.getByRole('dialog', { name: 'Link Main Street?' });
  await expectNoFindings(page);
  allow(FORBIDDEN);
  await dialog.getByLabel('Password').fill('wrong horse battery');
  await dialog.getByRole('button', { name: 'Link', exact: true }).click();
  await expect(dialog.getByRole('alert')).toHaveText('The current password is wrong.');
  idp.refuses = true;
  await dialog.getByLabel('Password').fill('correct horse battery');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: 'Main Street did not let you in' })).toBeVisible();
  await expect(ways.getByText('Not linked')).toBeVisible();
  const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(width).toBe(0);
  await expectNoFindings(page);

  idp.refuses = false;
  await ways.getByRole('button', { name: 'Link Main Street' }).click();
  await dialog.getByLabel('Password').fill('correct horse battery');
  await page.keyboard.press('Enter');
  await expect(ways.getByText('Linked', { exact: true })).toBeVisible();
  await expect(page.getByText('Signed in as lovelace')).toBeVisible();

  // From now on the identity signs in to this account, although the user has another name there.
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByRole('link', BUTTON).click();
  await expect(statusText(page)).toHaveText('Connected');
  await page.goto('/settings/account');
  await expect(page.getByText('Signed in as lovelace')).toBeVisible();
  await ways.getByRole('button', { name: 'Unlink Main Street' }).click();
  const unlinking = page.getByRole('dialog', { name: 'Unlink Main Street?' });
  await unlinking.getByLabel('Password').fill('correct horse battery');
  await unlinking.getByRole('button', { name: 'Unlink', exact: true }).click();
  await expect(ways.getByText('Not linked')).toBeVisible();
  await page.goto('/signin');
  await page.getByRole('link', BUTTON).click();
  await expect(statusText(page)).toHaveText('Connected');
  await page.goto('/settings/account');
  await expect(page.getByText('Signed in as Ada')).toBeVisible();
});

test.describe('by invitation', () => {
  test.use({ settings: async ({ idp }, use) => use({ ...idp.settings, HOLDFAST_SIGNUP: 'invitation' }) });

  test('an invitation is also used when signing up with the button', async ({ page, browser, server }) => {
    const admin = await browser.newContext();
    const api = await Api.claim(admin.request, server, { username: 'admin', password: 'correct horse battery' });
    await page.goto('/signin');
    await page.getByRole('link', BUTTON).click();
    await expect(page.getByRole('alert')).toContainText('a new one needs an invitation');
    // Before hydration the invitation is not known, so the button has no target: it would sign up without it.
    let wake = (): void => undefined;
    const awake = new Promise<void>((resolve) => (wake = resolve));
    await page.route('**/*.wasm', async (route) => {
      await awake;
      await route.continue();
    });
    await page.goto(await api.invite());
    await expect(page.getByRole('main').getByText(/^Sign in with/)).toBeVisible();
    await expect(page.getByRole('link', BUTTON)).toHaveCount(0);
    wake();
    await page.getByRole('link', BUTTON).click();
    await expect(heading(page)).toHaveText('New conversation');
    await expect(statusText(page)).toHaveText('Connected');
    await admin.close();
  });
});
