/** The command palette, and keyboard shortcuts. */
import type { Locator, Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { field, heading, item, lastAnswer, openList, statusText, toast } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const palette = (page: Page): Locator => page.getByRole('dialog', { name: 'Command palette' });
const query = (page: Page): Locator => palette(page).getByRole('combobox');
const options = (page: Page): Locator => palette(page).getByRole('option');

/** The entry that Enter would select: the one that the field refers to. */
async function expectActive(page: Page, name: string | RegExp): Promise<void> {
  const active = palette(page).getByRole('option', { selected: true });
  await expect(active).toHaveText(name);
  await expect(query(page)).toHaveAttribute('aria-activedescendant', (await active.getAttribute('id')) ?? '');
}

async function open(page: Page): Promise<void> {
  await page.keyboard.press('Control+k');
  await expect(query(page)).toBeFocused();
}

test('the palette reaches everything by keyboard', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const [tides, harbour] = [await api.begin('How do tides work?'), await api.begin('Where is the harbour?')];
  await Promise.all([api.settled(tides), api.settled(harbour)]);
  await api.ask(harbour, 'Only the moon moves so much water');
  await api.settled(harbour);
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Connected');

  await field(page).focus();
  await open(page);
  await expectActive(page, 'New conversation');
  await page.keyboard.press('Escape');
  await expect(palette(page)).toBeHidden();
  await expect(field(page)).toBeFocused();

  await open(page);
  await page.keyboard.type('tides');
  await expect(options(page)).toHaveText(['How do tides work?']);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/c/${tides}`);
  await expect(heading(page)).toHaveText('How do tides work?');

  // Words that are in no title are searched on the server.
  await open(page);
  await page.keyboard.type('moon wat');
  await expect(options(page)).toHaveCount(1);
  await expect(options(page).locator('mark')).toHaveText(['moon', 'water']);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/c/${harbour}\\?found=[^#]+#m-`));

  await open(page);
  await page.keyboard.type('this conversation');
  await expectActive(page, 'Rename this conversation');
  await page.keyboard.press('ArrowUp');
  await expectActive(page, 'Delete this conversation');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Rename the conversation' });
  await dialog.getByLabel('Title').fill('Harbours');
  await page.keyboard.press('Enter');
  await expect(heading(page)).toHaveText('Harbours');

  await open(page);
  await page.keyboard.type('pin');
  await page.keyboard.press('Enter');
  await open(page);
  await page.keyboard.type('unpin');
  await expectActive(page, 'Unpin this conversation');
  await page.keyboard.press('Escape');
  await openList(page);
  await expect(page.getByRole('heading', { name: 'Pinned' })).toBeVisible();
  await page.keyboard.press('Escape');

  await open(page);
  await page.keyboard.type('dark');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await open(page);
  await page.keyboard.type('settings conn');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Connection' })).toBeVisible();
  await open(page);
  await page.keyboard.type('nothing is called this');
  await expect(palette(page).getByRole('status')).toContainText('Nothing has that name');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+k');
  await expect(palette(page)).toBeHidden();
});

test('the list of shortcuts shows exactly the shortcuts that exist', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Doomed');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });

  await field(page).fill('');
  await field(page).press('?');
  await expect(field(page)).toHaveValue('?');
  await expect(sheet).toBeHidden();
  await field(page).press('Shift+Enter');
  await expect(field(page)).toHaveValue('?\n');
  await field(page).fill('');

  await page.getByRole('main').focus();
  await page.keyboard.press('?');
  await expect(sheet).toBeVisible();
  await expect(sheet.getByRole('term')).toHaveCount(12);
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await expect(page.getByRole('main')).toBeFocused();

  await lastAnswer(page).selectText();
  await expect(page.getByRole('button', { name: 'Quote' })).toBeVisible();
  await page.keyboard.press('>');
  await expect(field(page)).toHaveValue('> Doomed\n\n');
  await expect(field(page)).toBeFocused();
  await field(page).fill('');

  await page.keyboard.press('Control+k');
  await page.keyboard.press('End');
  await expectActive(page, 'Doomed');
  await page.keyboard.press('Home');
  await expectActive(page, 'New conversation');
  await page.keyboard.press('Escape');

  await page.getByRole('main').focus();
  await openList(page);
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Search conversations' })).toBeFocused();
  await page.keyboard.press('Escape');

  await page.reload();
  await expect(statusText(page)).toHaveText('Connected');
  await page.getByRole('button', { name: 'More' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('menuitem', { name: 'Rename' })).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('menuitem', { name: 'Delete' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/$/);
  await expect(toast(page)).toContainText('Deleted');
  await page.keyboard.press('Control+z');
  await expect(page).toHaveURL(`/c/${id}`);
  await expect(heading(page)).toHaveText('Doomed');
  await page.keyboard.press('Control+Shift+O');
  await expect(page).toHaveURL(/\/$/);
  await expect(field(page)).toBeFocused();
});

test('the pages for administrators are offered to administrators only', async ({ page, context, server }) => {
  const admins = ['People', 'Providers', 'Limits', 'Activity'].map((name) => `Settings: ${name}`);
  const settings = async (): Promise<string[]> => {
    await page.goto('/');
    await expect(statusText(page)).toHaveText('Connected');
    await open(page);
    await page.keyboard.type('settings:');
    await expectActive(page, 'Settings: Account');
    return options(page).allInnerTexts();
  };
  await Api.guest(context.request);
  const everyone = await settings();
  expect(everyone.filter((name) => admins.includes(name))).toEqual([]);
  await Api.claim(context.request, server, { username: 'ada', password: 'correct horse battery' });
  expect(await settings()).toEqual([...everyone, ...admins]);
});

test('it can be opened by touch', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  await api.settled(await api.begin('How do tides work?'));
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Connected');
  await openList(page);
  await page.getByRole('button', { name: 'Commands' }).click();
  await query(page).fill('tides');
  await options(page).click();
  await expect(heading(page)).toHaveText('How do tides work?');
  await openList(page);
  await expect(item(page, 'How do tides work?')).toHaveAttribute('aria-current', 'page');
});
