/** Drafts stay in their conversation. */
import type { Locator, Page } from '@playwright/test';
import {
  answers,
  atConversation,
  field,
  isBack,
  item,
  lastAnswer,
  NO_CONNECTION,
  openList,
  questions,
  RECONNECTING,
  statusText,
  unsent,
  write,
} from './support/chat.ts';
import { expect, test } from './support/server.ts';

const editor = (page: Page): Locator => page.getByRole('textbox', { name: 'Edit your message' });

async function openEditor(page: Page): Promise<void> {
  await questions(page).first().hover();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await expect(editor(page)).toBeFocused();
}

test('a draft stays on its page, even if a message is queued', async ({ page, server, allow }) => {
  const { id } = await atConversation(page);
  allow(NO_CONNECTION);
  await server.kill();
  await expect(statusText(page)).toHaveText(RECONNECTING);
  await write(page, 'On its way');
  await expect(unsent(page)).toContainText('On its way');
  await field(page).fill('For this one');

  await openList(page);
  await page.getByRole('link', { name: 'New conversation' }).click();
  await expect(field(page)).toHaveValue('');
  await field(page).fill('For a new one');

  await openList(page);
  await item(page, 'before').click();
  await expect(page).toHaveURL(`/c/${id}`);
  await expect(field(page)).toHaveValue('For this one');
  await page.goBack();
  await expect(field(page)).toHaveValue('For a new one');
});

test('an unfinished edit is restored when the user returns to it', async ({ page }) => {
  const { api } = await atConversation(page);
  await api.settled(await api.begin('Elsewhere'));
  await openEditor(page);
  await editor(page).fill('Half');
  await openList(page);
  await item(page, 'Elsewhere').click();
  await expect(questions(page)).toHaveText(['Elsewhere']);
  await page.goBack();
  await expect(questions(page)).toHaveText(['before']);
  await openEditor(page);
  await expect(editor(page)).toHaveValue('Half');
  await page.reload();
  await expect(statusText(page)).toHaveText('Connected');
  await openEditor(page);
  await expect(editor(page)).toHaveValue('Half');

  await editor(page).fill('é'.repeat(128 * 1024 + 600));
  await expect(editor(page)).toHaveAccessibleDescription('Too long by 2 KB. A message may have 256 KB.');
  await expect(page.getByRole('button', { name: 'Send edited' })).toBeDisabled();
  await editor(page).press('Escape');
  await openEditor(page);
  await expect(editor(page)).toHaveValue('before');
});

test('an edit that is withdrawn before it was sent is an edit again', async ({ page, server, allow }) => {
  const { api, id } = await atConversation(page);
  allow(NO_CONNECTION);
  await server.kill();
  await expect(statusText(page)).toHaveText(RECONNECTING);
  await openEditor(page);
  await editor(page).fill('better');
  await editor(page).press('Enter');
  await unsent(page).getByRole('button', { name: 'Take back' }).click();
  await expect(editor(page)).toHaveValue('better');
  await expect(page.locator('#message')).toHaveValue('');
  await server.restart();
  await isBack(page);
  await editor(page).press('Enter');
  await expect(questions(page)).toHaveText(['better']);
  await expect(lastAnswer(page)).toHaveText('better');
  await expect(page.getByRole('article', { name: 'You', exact: true }).getByRole('group', { name: 'Versions' })).toContainText('2/2');
  await api.settled(id);
  await expect(answers(page)).toHaveCount(1);
  expect(await api.messages(id)).toHaveLength(4);
});
