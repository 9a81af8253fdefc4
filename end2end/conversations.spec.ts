/** The list of conversations is the same in every tab, without delay. */
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { chooseFromMenu, distinctWords, ECHO, heading, item, lastAnswer, openList, questions, statusText, toast, unsent, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

test('a conversation started in one tab appears in the other\'s list, with a dot while it is answered', async ({ page, context }) => {
  const other = await context.newPage();
  await other.goto('/'); // nobody is signed in yet
  await expect(statusText(other)).toHaveText('Ready');
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
  await expect(lastAnswer(other)).toContainText('How tides work.');
});

test('two tabs that send the same first message are one guest', async ({ page, context }) => {
  const guests: string[] = [];
  context.on('request', (request) => {
    if (request.url().endsWith('/api/auth/guest')) guests.push(request.url());
  });
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/api/auth/guest', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/');
  await write(page, 'How tides work.', ECHO);
  await expect(statusText(page)).toHaveText('Connecting…');

  const other = await context.newPage();
  await other.goto('/'); // it finds the unsent message, and would send it
  await expect(statusText(other)).toHaveText('Connecting…');
  release();
  await expect(statusText(page)).toHaveText('Connected');
  await expect(statusText(other)).toHaveText('Connected');
  await expect(lastAnswer(page)).toContainText('How tides work.');
  await openList(other);
  await expect(item(other, /^How tides work/)).toBeVisible();
  expect(guests).toHaveLength(1);
});

test('a tab keeps its message when another tab stores it for the user who signed in', async ({ page, context, allow }) => {
  allow(/api\/auth\/guest/);
  await page.route('**/api/auth/guest', (route) => route.abort());
  await page.goto('/');
  await write(page, 'How tides work.', ECHO);
  await expect(unsent(page)).toContainText('How tides work.');

  const other = await context.newPage();
  await other.goto('/health');
  await other.evaluate(() => {
    const [key] = Object.keys(localStorage).filter((it) => it.startsWith('holdfast.outbox.new.'));
    const id = key?.split('.').at(-1);
    localStorage.setItem(`holdfast.outbox.${crypto.randomUUID()}.${id}`, localStorage.getItem(key ?? '') ?? '');
    localStorage.removeItem(key ?? '');
  });
  await page.unroute('**/api/auth/guest');
  await expect(lastAnswer(page)).toContainText('How tides work.');
});

test('a new title appears everywhere at once', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Untitled thoughts');
  await api.settled(id);
  const other = await context.newPage();
  for (const each of [page, other]) {
    await each.goto(`/c/${id}`);
    await expect(statusText(each)).toHaveText('Connected');
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

test('deleting a conversation and undoing it affect all tabs', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const [doomed, spared] = [await api.begin('Doomed'), await api.begin('Spared')];
  await Promise.all([api.settled(doomed), api.settled(spared)]);
  const [reader, lister] = [await context.newPage(), await context.newPage()];
  await reader.goto(`/c/${doomed}`);
  await lister.goto(`/c/${spared}`);
  await page.goto(`/c/${doomed}`);
  for (const each of [page, reader, lister]) await expect(statusText(each)).toHaveText('Connected');
  await openList(lister);
  await expect(item(lister, 'Doomed')).toBeVisible();

  await page.bringToFront();
  await chooseFromMenu(page, 'Delete');
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole('heading', { name: 'What are you working on?' })).toBeVisible();
  await expect(toast(page)).toContainText('Deleted “Doomed”');
  await expect(reader.getByRole('heading', { name: 'This conversation is not here' })).toBeVisible();
  await expect(reader.locator('.loading'), 'nothing of it is on its way').toHaveCount(0);
  await expect(item(lister, 'Doomed')).toHaveCount(0);
  await expect(item(lister, 'Spared')).toBeVisible();
  expect((await context.request.get(`/c/${doomed}`)).status()).toBe(404);

  await toast(page).getByRole('button', { name: 'Undo' }).click();
  await expect(page).toHaveURL(`/c/${doomed}`);
  await expect(toast(page)).toBeEmpty();
  for (const each of [page, reader]) {
    await expect(heading(each)).toHaveText('Doomed');
    await expect(questions(each)).toHaveText('Doomed');
  }
  await expect(item(lister, 'Doomed')).toBeVisible();
});

test('the undo button disappears by itself, but not while the user points at it', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Doomed');
  await api.settled(id);
  await page.clock.install();
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await chooseFromMenu(page, 'Delete');
  await expect(toast(page)).toContainText('Deleted');
  await toast(page).getByRole('button', { name: 'Undo' }).focus();
  await page.clock.runFor(20_000);
  await expect(toast(page)).toContainText('Deleted');
  await page.getByRole('main').focus();
  await page.clock.runFor(20_000);
  await expect(toast(page)).toBeEmpty();
});

test('the rename dialog shows the conversation\'s own title, whatever was typed for another', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const [first, second] = [await api.begin('The first'), await api.begin('The second')];
  await Promise.all([api.settled(first), api.settled(second)]);
  await page.goto(`/c/${first}`);
  await expect(statusText(page)).toHaveText('Connected');
  const title = page.getByRole('dialog', { name: 'Rename the conversation' }).getByLabel('Title');
  await chooseFromMenu(page, 'Rename');
  await title.fill('Never mind');
  await page.keyboard.press('Escape');
  await openList(page);
  await item(page, 'The second').click();
  await expect(heading(page)).toHaveText('The second');
  await chooseFromMenu(page, 'Rename');
  await expect(title).toHaveValue('The second');
  await title.fill('Never mind');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('rename');
  await page.keyboard.press('Enter');
  await expect(title).toHaveValue('The second');
});

test('a link to the current page closes the drawer too', async ({ page, context }) => {
  await page.setViewportSize({ width: 390, height: 780 });
  const api = await Api.guest(context.request);
  const id = await api.begin('Here');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  for (const link of [item(page, 'Here'), page.getByRole('link', { name: 'New conversation' }), page.getByRole('link', { name: 'New conversation' })]) {
    await openList(page);
    await link.click();
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(page.locator('#main, #message').and(page.locator(':focus'))).toBeVisible();
  }
  await expect(page).toHaveURL(/\/$/);
});

test('pinned conversations are at the top, in every tab', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const [older, newer] = [await api.begin('Older'), await api.begin('Newer')];
  await Promise.all([api.settled(older), api.settled(newer)]);
  const other = await context.newPage();
  await other.goto('/');
  await page.goto(`/c/${older}`);
  for (const each of [page, other]) await expect(statusText(each)).toHaveText('Connected');
  const groups = (each: Page) => each.getByLabel('Conversations', { exact: true }).getByRole('heading', { level: 2 });
  await page.bringToFront();
  await chooseFromMenu(page, 'Pin');
  for (const each of [page, other]) {
    await openList(each);
    await expect(groups(each)).toHaveText(['Pinned', 'Today']);
    await expect(item(each, /Older|Newer/)).toHaveText(['Older', 'Newer']);
  }
  await other.reload();
  await openList(other);
  await expect(groups(other)).toHaveText(['Pinned', 'Today']);
  await page.reload();
  await expect(statusText(page)).toHaveText('Connected');
  await chooseFromMenu(page, 'Unpin');
  await openList(page);
  await expect(groups(page)).toHaveText(['Today']);
});

test('an archived conversation leaves the list, can be found, and can be brought back', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const [tides, harbour] = [await api.begin('How do tides work?'), await api.begin('Where is the harbour?')];
  await Promise.all([api.settled(tides), api.settled(harbour)]);
  await page.goto(`/c/${tides}`);
  await expect(statusText(page)).toHaveText('Connected');
  await chooseFromMenu(page, 'Archive');
  await expect(toast(page)).toContainText('Archived “How do tides work?”');
  await expect(heading(page)).toHaveText('How do tides work?');
  await openList(page);
  await expect(item(page, /tides|harbour/)).toHaveText(['Where is the harbour?']);
  await page.getByRole('searchbox', { name: 'Search conversations' }).fill('tides');
  await expect(page.getByRole('list', { name: 'Found' }).getByRole('link')).toHaveCount(1);
  await page.getByRole('searchbox', { name: 'Search conversations' }).press('Escape');

  await page.getByRole('link', { name: 'Archived' }).click();
  const rows = page.getByRole('list', { name: 'Archived conversations' }).getByRole('listitem');
  await expect(rows).toHaveCount(1);
  await expect(rows.getByRole('link')).toHaveText('How do tides work?');
  await page.reload();
  await rows.getByRole('button', { name: 'Bring back How do tides work?' }).click();
  await expect(rows).toHaveCount(0);
  await expect(page.getByText('Nothing is archived.')).toBeVisible();
  await toast(page).getByRole('button', { name: 'Undo' }).click();
  await expect(rows).toHaveCount(1);
  await rows.getByRole('link').click();
  await expect(heading(page)).toHaveText('How do tides work?');
  await expect(questions(page)).toHaveText('How do tides work?');
  await chooseFromMenu(page, 'Bring back');
  await openList(page);
  await expect(item(page, /tides|harbour/)).toHaveText(['Where is the harbour?', 'How do tides work?']);
});

test('moving between conversations does not load the page again', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const [first, second] = [await api.begin('The first'), await api.begin('The second')];
  await Promise.all([api.settled(first), api.settled(second)]);
  await page.goto(`/c/${first}`);
  await expect(statusText(page)).toHaveText('Connected');
  await page.evaluate(() => Object.assign(window, { stayed: true }));

  await openList(page);
  await item(page, 'The second').click();
  await expect(page).toHaveURL(`/c/${second}`);
  await expect(questions(page)).toHaveText(['The second']);
  await expect(lastAnswer(page)).toHaveText('The second');
  await page.goBack();
  await expect(page).toHaveURL(`/c/${first}`);
  await expect(questions(page)).toHaveText(['The first']);
  await page.goForward();
  await expect(questions(page)).toHaveText(['The second']);
  await page.keyboard.press('Control+Shift+O');
  await expect(page).toHaveURL(/\/$/);
  await expect(questions(page)).toHaveCount(0);
  expect(await page.evaluate(() => 'stayed' in window)).toBe(true);
});

test('the toast is above the button that scrolls to the end, not over it', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Count.', 'echo-2000-0');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await page.getByRole('region', { name: 'Conversation', exact: true }).evaluate((log) => log.scrollTo(0, 0));
  const end = page.getByRole('button', { name: /To the end/ });
  await expect(end).toBeVisible();
  await chooseFromMenu(page, 'Archive');
  await expect(toast(page)).toContainText('Archived');
  const [above, below] = [await toast(page).boundingBox(), await end.boundingBox()];
  expect(above!.y + above!.height).toBeLessThanOrEqual(below!.y);
  await end.click();
  await expect(end).toBeHidden();
  expect((await toast(page).boundingBox())!.y).toBeGreaterThan(above!.y);
});
