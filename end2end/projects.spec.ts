/** Projects: their list, their page, and moving conversations to them. */
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { expectNoFindings } from './support/axe.ts';
import { answers, chooseFromMenu, openList, statusText, toast, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

async function create(page: Page, name: string): Promise<void> {
  await page.goto('/projects');
  await page.getByLabel('Name of the project').fill(name);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

test('a conversation that is begun in a project has its instructions', async ({ page, context }) => {
  await Api.guest(context.request);
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Connected');
  await openList(page);
  await page.getByRole('link', { name: 'Projects' }).click();
  await expect(page.getByText('There are no projects yet.')).toBeVisible();
  await expectNoFindings(page);
  await create(page, 'Thesis');
  await page.getByLabel('Instructions').fill('Answer in one sentence.');
  await expect(page.getByRole('status').filter({ hasText: 'Saved' })).toBeVisible();
  await expectNoFindings(page);

  await page.getByRole('button', { name: 'New conversation' }).click();
  await expect(page).toHaveURL(/\/c\//);
  await write(page, 'hello');
  await expect(answers(page)).toBeVisible();
  await page.getByRole('button', { name: 'Settings of this conversation' }).click();
  await expect(page.getByText('from project “Thesis”')).toBeVisible();

  await page.goto('/projects');
  await expect(page.getByText('1 conversation', { exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Thesis' }).click();
  await expect(page.getByRole('list', { name: 'Conversations' }).getByRole('link')).toHaveCount(1);
  await expect(page.getByLabel('Instructions')).toHaveValue('Answer in one sentence.');
});

test('a conversation is moved to a project and taken out of it', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Tides');
  await api.settled(id);
  await create(page, 'Harbours');
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await chooseFromMenu(page, 'Move to a project…');
  const dialog = page.getByRole('dialog', { name: 'Move the conversation' });
  await dialog.getByLabel('Project').selectOption('Harbours');
  await dialog.getByRole('button', { name: 'Move', exact: true }).click();
  await expect(dialog).toBeHidden();
  // The dialog knows where the conversation is.
  await chooseFromMenu(page, 'Move to a project…');
  await expect(dialog.getByRole('combobox')).toHaveText(/Harbours/);
  await expect(dialog.locator('option:checked')).toHaveText('Harbours');
  await dialog.getByRole('link', { name: 'All projects' }).click();
  await page.getByRole('link', { name: 'Harbours' }).click();
  await page.getByRole('button', { name: 'Take Tides out of the project' }).click();
  await expect(page.getByText('No conversations yet.')).toBeVisible();
  await page.goto(`/c/${id}`);
  await expect(answers(page)).toBeVisible();
});

test('a project is renamed, archived, deleted and restored', async ({ page, context }) => {
  await Api.guest(context.request);
  await create(page, 'Thesis');
  await page.getByLabel('Name of the project').fill('Dissertation');
  await page.getByRole('button', { name: 'Rename' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Dissertation' })).toBeVisible();
  await page.getByLabel('Model of new conversations').selectOption({ label: 'Built-in · echo' });
  await page.getByRole('button', { name: 'Archive' }).click();
  await expect(page.getByRole('button', { name: 'Bring back' })).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Model of new conversations').locator('option:checked')).toHaveText('Built-in · echo');
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page).toHaveURL(/\/projects$/);
  await expect(page.getByText('There are no projects yet.')).toBeVisible();
  await toast(page).getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Dissertation' })).toBeVisible();
  await page.goto('/projects');
  await expect(page.getByText('Archived', { exact: true })).toBeVisible();
});

test.describe('in German', () => {
  test.use({ locale: 'de-DE' });

  test('the page of projects says what they are for', async ({ page }) => {
    await page.goto('/projects');
    await expect(page.getByRole('heading', { level: 1, name: 'Projekte' })).toBeVisible();
    await expect(page.getByText('Es gibt noch keine Projekte.')).toBeVisible();
  });
});
