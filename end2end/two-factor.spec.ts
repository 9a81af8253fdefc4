/** Two-factor authentication, as its user and the administrator see it. */
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { expectNoFindings } from './support/axe.ts';
import { statusText, toast } from './support/chat.ts';
import { expect, test } from './support/server.ts';
import { codeOf } from './support/totp.ts';

const ada = { username: 'ada', password: 'correct horse battery' };
const REFUSED = /status of 4(01|03)/;

/** Sets up two-factor authentication on the account's page; returns the secret and the recovery codes. */
async function setUp(page: Page, look = async (): Promise<void> => {}): Promise<{ secret: string; kept: string[] }> {
  await page.goto('/settings/account');
  await page.getByRole('button', { name: 'Set it up…' }).click();
  const dialog = page.getByRole('dialog');
  await look();
  await dialog.getByLabel('Password').fill(ada.password);
  await dialog.getByRole('button', { name: 'Next' }).click();
  const secret = (await dialog.locator('.secret').innerText()).replaceAll(' ', '');
  await expect(dialog.getByRole('img', { name: 'QR code for the app' })).toBeVisible();
  await expect(dialog.getByRole('link')).toHaveAttribute('href', new RegExp(`^otpauth://totp/Holdfast:ada\\?secret=${secret}&`));
  await expect(dialog.getByLabel('Code from the app')).toBeFocused();
  await look();
  await page.keyboard.type(codeOf(secret));
  await page.keyboard.press('Enter');
  const list = dialog.getByRole('list', { name: 'Save your recovery codes' });
  await expect(list).toBeFocused();
  await look();
  // The codes are shown once, so Esc does not close the dialog, even if it is pressed twice.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  const kept = await list.getByRole('listitem').allInnerTexts();
  expect(kept).toHaveLength(10);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('button', { name: 'Turn it off…' })).toBeVisible();
  return { secret, kept };
}

async function signIn(page: Page): Promise<void> {
  await page.goto('/signin');
  await page.getByLabel('Username').fill(ada.username);
  await page.getByLabel('Password').fill(ada.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('it is set up, required at sign-in, and turned off', async ({ page, context, browser, server, allow }) => {
  await Api.signUp(context.request, ada);
  allow(REFUSED);
  const { secret, kept } = await setUp(page);

  const elsewhere = await browser.newContext({ baseURL: server.url });
  const other = await elsewhere.newPage();
  await signIn(other);
  const code = other.getByLabel('Code', { exact: true });
  await expect(code).toBeFocused();
  await expect(other.getByRole('alert')).toBeEmpty();
  await expectNoFindings(other);
  await other.keyboard.type('123 456');
  await other.keyboard.press('Enter');
  await expect(other.getByRole('alert')).toHaveText('This code is wrong, or was already used. Enter the code that your app shows now.');
  await expect(code).toBeFocused();
  await code.fill(codeOf(secret, 1));
  await other.getByRole('button', { name: 'Sign in' }).click();
  await expect(statusText(other)).toHaveText('Connected');
  await elsewhere.close();

  // Sign in with a recovery code.
  await page.getByRole('button', { name: 'Turn it off…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Password').fill(ada.password);
  await dialog.getByLabel('Code from the app, or a recovery code').fill('none of these');
  await dialog.getByRole('button', { name: 'Turn it off' }).click();
  await expect(dialog.getByRole('alert')).toContainText('This code is wrong');
  await dialog.getByLabel('Code from the app, or a recovery code').fill(kept[4] ?? '');
  await dialog.getByRole('button', { name: 'Turn it off' }).click();
  await expect(toast(page)).toContainText('Two-factor authentication is off.');
  await expect(page.getByRole('button', { name: 'Set it up…' })).toBeVisible();
});

test('axe reports no errors on these pages', async ({ page, context }) => {
  await Api.signUp(context.request, ada);
  await setUp(page, async () => expectNoFindings(page));
});

test('an administrator resets it for a user who has lost the device', async ({ page, context, browser, server, allow }) => {
  const runs = await browser.newContext({ baseURL: server.url });
  await Api.claim(runs.request, server, { username: 'grace', password: 'correct horse battery' });
  await Api.signUp(context.request, ada);
  await setUp(page);

  const people = await runs.newPage();
  await people.goto('/settings/people');
  await people.getByRole('button', { name: 'Reset two-factor authentication of ada' }).click();
  await people.getByRole('dialog').getByRole('button', { name: 'Reset two-factor' }).click();
  await expect(people.getByRole('button', { name: 'Reset two-factor authentication of ada' })).toHaveCount(0);
  await runs.close();

  await context.clearCookies();
  allow(REFUSED);
  await signIn(page);
  await expect(statusText(page)).toHaveText('Connected');
});
