/** The program is a single file: it runs in an empty folder of another user. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lastAnswer, NO_CONNECTION, questions, statusText, write } from './support/chat.ts';
import { expect, Server, test as base } from './support/server.ts';

const test = base.extend({
  server: async ({}, use) => {
    const server = await Server.alone();
    await use(server);
    await server.remove();
  },
});

test('the single file serves the page, answers, and stores its data beside itself', async ({ page, server, allow }) => {
  await page.goto('/');
  await write(page, 'How do I connect Ollama?');
  await expect(page.getByRole('article', { name: 'Answer' })).toContainText('ollama serve');
  await expect(statusText(page)).toHaveText('Connected');
  await page.goto('/settings/account');
  await expect(page.getByRole('heading', { name: 'Account', exact: true })).toBeVisible();
  expect(await readdir(server.folder)).toEqual(['data', 'holdfast']);
  const data = join(server.folder, 'data');
  expect(await readdir(data)).toContain('holdfast.db');
  expect((await stat(data)).mode & 0o077, 'nobody else may look into it').toBe(0);

  allow(NO_CONNECTION); // to a server that is on its way out, or back
  await server.restart();
  await page.goBack();
  await expect(questions(page)).toHaveText('How do I connect Ollama?');
  await expect(lastAnswer(page).first()).toBeVisible();
});
