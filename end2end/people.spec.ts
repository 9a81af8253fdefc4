/** The user's own account, and administration. */
import type { Browser, Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { expectNoFindings } from './support/axe.ts';
import { ECHO, field, heading, lastAnswer, openList, statusText, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const ada = { username: 'ada', password: 'correct horse battery' };
const bob = { username: 'bob', password: 'another horse battery' };
const REFUSED = /status of 40[13]/;

async function fillIn(page: Page, { username, password }: typeof ada, button: string): Promise<void> {
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: button }).click();
}

/** Bob, with an account, in his own browser. */
async function bobElsewhere(browser: Browser, url: string): Promise<Page> {
  const elsewhere = await browser.newContext({ baseURL: url });
  await Api.signUp(elsewhere.request, bob, url);
  const page = await elsewhere.newPage();
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Connected');
  return page;
}

test('changing name and password signs out other browsers', async ({ page, context, browser, server, allow }) => {
  await Api.signUp(context.request, ada);
  const elsewhere = await browser.newContext({ baseURL: server.url });
  const other = await elsewhere.newPage();
  await other.goto('/signin');
  await fillIn(other, ada, 'Sign in');
  await expect(statusText(other)).toHaveText('Connected');

  await page.goto('/settings/account');
  const sessions = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
  await expect(sessions).toHaveCount(2);
  await expect(sessions.filter({ hasText: 'This device' })).toHaveCount(1);
  await expect(sessions.filter({ hasText: 'Chrome on Linux' })).not.toHaveCount(0);

  // End one session.
  allow(REFUSED);
  await sessions.getByRole('button', { name: /^Sign out/ }).click();
  await expect(other.getByText('You were signed out from another device or tab. Sign in again.')).toBeVisible();
  await expect(sessions).toHaveCount(1);

  await page.getByLabel('New name').fill('countess');
  await page.getByLabel('New password').fill('quite another horse');
  await page.getByLabel('Current password').fill('wrong');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'The current password is wrong.' })).toBeVisible();
  await page.getByLabel('Current password').fill(ada.password);
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByText('Changed. Other devices must sign in again.')).toBeVisible();
  await expect(page.getByText('Signed in as countess')).toBeVisible();
  await other.goto('/signin');
  await fillIn(other, { username: 'countess', password: 'quite another horse' }, 'Sign in');
  await expect(statusText(other)).toHaveText('Connected');

  // End all sessions.
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page).toHaveURL('/signin');
  await expect(other.getByText('You were signed out from another device or tab. Sign in again.')).toBeVisible();
  await elsewhere.close();
});

test('removing an account removes all its data', async ({ page, context, allow }) => {
  const api = await Api.signUp(context.request, ada);
  const id = await api.begin('Soon forgotten');
  await api.settled(id);
  await page.goto('/settings/account');
  await page.getByRole('button', { name: 'Remove the account…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Password').fill('wrong');
  allow(REFUSED);
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await expect(dialog.getByRole('alert')).toHaveText('The current password is wrong.');
  await dialog.getByLabel('Password').fill(ada.password);
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('Your account and everything in it were removed.')).toBeVisible();
  await expect(page.getByText('Soon forgotten')).toHaveCount(0);
  await page.goto('/signin');
  await fillIn(page, ada, 'Sign in');
  await expect(page.getByRole('alert')).toHaveText('Name or password is wrong.');
});

test('the printed link creates the first administrator, and works once', async ({ page, browser, server, allow }) => {
  const link = await server.claimPath();
  await page.goto('/');
  await write(page, 'Before I had a name', ECHO);
  await expect(lastAnswer(page)).toHaveText('Before I had a name');
  await page.goto(link);
  await fillIn(page, ada, 'Become the administrator');
  await expect(heading(page)).toHaveText('New conversation');
  await openList(page);
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByText('Signed in as ada, an administrator of this server.')).toBeVisible();
  await openList(page);
  await page.getByRole('link', { name: 'People' }).click();
  await expect(page.getByRole('list', { name: 'Users' }).getByRole('listitem')).toContainText(['ada']);

  const elsewhere = await browser.newContext({ baseURL: server.url });
  const stranger = await elsewhere.newPage();
  await stranger.goto(link);
  allow(REFUSED);
  await fillIn(stranger, bob, 'Become the administrator');
  await expect(stranger.getByRole('alert')).toContainText('This link was used');
  await stranger.goto('/settings/people');
  await expect(stranger.getByText('This page is for administrators.')).toBeVisible();
  await elsewhere.close();
});

test('a suspended user sees the reason within a second, and can return after the suspension', async ({ page, context, browser, server, allow }) => {
  await Api.claim(context.request, server, ada);
  const other = await bobElsewhere(browser, server.url);
  allow(REFUSED);

  await page.goto('/settings/people');
  await page.getByRole('button', { name: 'Suspend bob' }).click();
  await page.getByLabel('Reason (the user will read it)').fill('Too loud');
  await page.getByRole('button', { name: 'Suspend', exact: true }).click();
  await expect(other.getByText('This account was suspended: Too loud. Ask an administrator.')).toBeVisible({ timeout: 1_000 });
  await expect(page.getByText('Suspended: Too loud')).toBeVisible();
  await other.goto('/signin');
  await fillIn(other, bob, 'Sign in');
  await expect(other.getByRole('alert')).toHaveText('This account was suspended: Too loud. Ask an administrator.');
  await page.getByRole('button', { name: 'Lift suspension of bob' }).click();
  await expect(page.getByText('Suspended: Too loud')).toHaveCount(0);
  await fillIn(other, bob, 'Sign in');
  await expect(statusText(other)).toHaveText('Connected');

  // A new password, by a link that works once.
  await page.getByRole('button', { name: 'New password for bob' }).click();
  const link = await page.getByLabel('Link, works once within two days').inputValue();
  expect(link.startsWith(`${server.url}/password#`)).toBe(true);
  await page.getByRole('button', { name: 'Done' }).click();
  await other.goto(link);
  await other.getByLabel('Password').fill('a third horse battery');
  await other.getByRole('button', { name: 'Set a new password' }).click();
  await expect(statusText(other)).toHaveText('Connected');

  await page.getByRole('button', { name: 'Make an administrator of bob' }).click();
  await expect(page.getByRole('button', { name: 'Make a member of bob' })).toBeVisible();
  await page.getByRole('button', { name: 'Remove bob' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(other.getByText('This account and everything in it were removed.')).toBeVisible();
  await expect(page.getByText('bob')).toHaveCount(0);
  await other.context().close();
});

test('an administrator ends one session of a user', async ({ page, context, browser, server, allow }) => {
  await Api.claim(context.request, server, ada);
  const other = await bobElsewhere(browser, server.url);
  const away = await browser.newContext({ baseURL: server.url });
  const third = await away.newPage();
  await third.goto('/signin');
  await fillIn(third, bob, 'Sign in');
  await expect(statusText(third)).toHaveText('Connected');

  await page.goto('/settings/people');
  await page.getByRole('button', { name: 'Sessions of bob' }).click();
  const dialog = page.getByRole('dialog', { name: 'Where bob is signed in' });
  const sessions = dialog.getByRole('listitem');
  await expect(sessions).toHaveCount(2);
  await expectNoFindings(page);
  allow(REFUSED);
  // The session used last is at the top.
  await sessions.first().getByRole('button', { name: /^Sign out/ }).click();
  await expect(sessions).toHaveCount(1);
  await expect(third.getByText('An administrator signed you out here. Sign in again.')).toBeVisible();
  await expect(statusText(other)).toHaveText('Connected');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(dialog).toHaveCount(0);
  // The user's own session is marked.
  await page.getByRole('button', { name: 'Sessions of ada' }).click();
  await expect(page.getByRole('dialog', { name: 'Where ada is signed in' }).getByText('This device')).toBeVisible();
  await other.context().close();
  await away.close();
});

test.describe('by invitation', () => {
  test.use({ settings: { HOLDFAST_SIGNUP: 'invitation' } });

  test('an invitation creates an account, and a withdrawn invitation does not', async ({ page, context, browser, server, allow }) => {
    await Api.claim(context.request, server, ada);
    await page.goto('/settings/people');
    await page.getByLabel('For whom').fill('Class 7');
    await page.getByRole('button', { name: 'Create an invitation' }).click();
    const link = page.getByLabel('The invitation');
    await expect(link).toHaveValue(/\/join#/);
    const first = await link.inputValue();

    const elsewhere = await browser.newContext({ baseURL: server.url });
    const other = await elsewhere.newPage();
    await other.goto('/signup');
    await expect(other.getByText('You need an invitation to create an account here.')).toBeVisible();
    await other.goto(first);
    await fillIn(other, bob, 'Create an account');
    await expect(field(other)).toBeVisible();
    await expect(statusText(other)).toHaveText('Connected');
    await elsewhere.close();

    await page.getByLabel('For whom').fill('Nobody');
    await page.getByRole('button', { name: 'Create an invitation' }).click();
    await expect(link).not.toHaveValue(first);
    const second = await link.inputValue();
    await page.getByRole('button', { name: 'Withdraw Nobody' }).click();
    await expect(page.getByRole('button', { name: 'Withdraw Nobody' })).toHaveCount(0);
    const late = await browser.newContext({ baseURL: server.url });
    const latecomer = await late.newPage();
    // An invalid invitation is reported at once, without a form.
    await latecomer.goto(second);
    await expect(latecomer.getByRole('alert')).toContainText('This invitation does not exist: it was withdrawn');
    await expect(latecomer.getByLabel('Username')).toHaveCount(0);
    await latecomer.goto('/signin');
    await latecomer.goto(first);
    await expect(latecomer.getByRole('alert')).toContainText('This invitation is used up.');
    await expect(latecomer.getByRole('button', { name: 'Create an account' })).toHaveCount(0);

    // If it is withdrawn while the form is filled in, that is reported when the form is sent. An address of an earlier version works too.
    await page.getByLabel('For whom').fill('Soon nobody');
    await page.getByRole('button', { name: 'Create an invitation' }).click();
    await expect(link).not.toHaveValue(second);
    const looked = latecomer.waitForResponse(/auth\/invitation/);
    await latecomer.goto((await link.inputValue()).replace('#', '?code='));
    expect(await (await looked).json()).toEqual({ state: 'good' });
    await page.getByRole('button', { name: 'Withdraw Soon nobody' }).click();
    await expect(page.getByRole('button', { name: 'Withdraw Soon nobody' })).toHaveCount(0);
    allow(REFUSED);
    await fillIn(latecomer, { ...bob, username: 'cy' }, 'Create an account');
    await expect(latecomer.getByRole('alert')).toContainText('This invitation does not exist');
    await late.close();
  });
});
