/** The list of conversations: the same in every tab, as it happens. */
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { distinctWords, ECHO, heading, item, openList, questions, said, words, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

async function chooseFromMenu(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name }).click();
}

test('a conversation that begins in one tab is in the list of the other, with a dot while it is answered', async ({ page, context }) => {
  const other = await context.newPage();
  await other.goto('/'); // nobody is signed in yet
  await expect(said(other)).toHaveText('Ready');
  await openList(other);
  await expect(other.getByText('Your conversations will be listed here.')).toBeVisible();

  await page.bringToFront();
  await page.goto('/');
  await write(page, `How tides work. ${distinctWords(1000)}`, ECHO);
  await expect(page).toHaveURL(/\/c\//);
  const title = /^How tides work/;
  await expect(heading(page)).toHaveText(title);
  await expect(page).toHaveTitle(title);

  const row = item(other, title);
  await expect(row.getByRole('img', { name: 'answering' })).toBeVisible();
  await expect(other.getByRole('heading', { name: 'Today' })).toBeVisible();
  await page.getByRole('button', { name: 'Stop the answer' }).click();
  await expect(row.getByRole('img', { name: 'answering' })).toBeHidden();
  await row.click();
  await expect(words(other)).toContainText('How tides work.');
});

test('a new title is everywhere at once', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Untitled thoughts');
  await api.settled(id);
  const other = await context.newPage();
  for (const each of [page, other]) {
    await each.goto(`/c/${id}`);
    await expect(said(each)).toHaveText('Connected');
  }

  await page.bringToFront();
  await chooseFromMenu(page, 'Rename');
  const dialog = page.getByRole('dialog', { name: 'Rename the conversation' });
  await expect(dialog.getByLabel('Title')).toHaveValue('Untitled thoughts');
  await dialog.getByLabel('Title').fill('Über die Gezeiten <b>');
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await expect(dialog).toBeHidden();
  for (const each of [page, other]) {
    await expect(heading(each)).toHaveText('Über die Gezeiten <b>');
    await expect(each).toHaveTitle(/^Über die Gezeiten <b>/);
    await openList(each);
    await expect(item(each, 'Über die Gezeiten <b>')).toBeVisible();
  }
  await other.reload();
  await expect(heading(other)).toHaveText('Über die Gezeiten <b>');
});

test('what is deleted in one tab is gone from the other', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const [doomed, spared] = [await api.begin('Doomed'), await api.begin('Spared')];
  await Promise.all([api.settled(doomed), api.settled(spared)]);
  const [reader, lister] = [await context.newPage(), await context.newPage()];
  await reader.goto(`/c/${doomed}`);
  await lister.goto(`/c/${spared}`);
  await page.goto(`/c/${doomed}`);
  for (const each of [page, reader, lister]) await expect(said(each)).toHaveText('Connected');
  await openList(lister);
  await expect(item(lister, 'Doomed')).toBeVisible();

  await page.bringToFront();
  await chooseFromMenu(page, 'Delete');
  const dialog = page.getByRole('dialog', { name: 'Delete this conversation?' });
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  await expect(dialog).toBeHidden();
  await expect(questions(page)).toHaveText('Doomed');
  await chooseFromMenu(page, 'Delete');
  await dialog.getByRole('button', { name: 'Delete' }).click();

  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole('heading', { name: 'What are you working on?' })).toBeVisible();
  await expect(reader.getByRole('heading', { name: 'This conversation is not here' })).toBeVisible();
  await expect(item(lister, 'Doomed')).toHaveCount(0);
  await expect(item(lister, 'Spared')).toBeVisible();
  expect((await context.request.get(`/c/${doomed}`)).status()).toBe(404);
});

test('from one conversation to another and back without loading the page anew', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const [first, second] = [await api.begin('The first'), await api.begin('The second')];
  await Promise.all([api.settled(first), api.settled(second)]);
  await page.goto(`/c/${first}`);
  await expect(said(page)).toHaveText('Connected');
  await page.evaluate(() => Object.assign(window, { stayed: true }));

  await openList(page);
  await item(page, 'The second').click();
  await expect(page).toHaveURL(`/c/${second}`);
  await expect(questions(page)).toHaveText(['The second']);
  await expect(words(page)).toHaveText('The second');
  await page.goBack();
  await expect(page).toHaveURL(`/c/${first}`);
  await expect(questions(page)).toHaveText(['The first']);
  await page.goForward();
  await expect(questions(page)).toHaveText(['The second']);
  await page.keyboard.press('Control+k');
  await expect(page).toHaveURL(/\/$/);
  await expect(questions(page)).toHaveCount(0);
  expect(await page.evaluate(() => 'stayed' in window)).toBe(true);
});
