/** Takes a picture of every view out of the real program: those of the documentation into docs/images, the others into target/screenshots. */
import type { Page } from '@playwright/test';
import { resolve } from 'node:path';
import { Api } from './support/api.ts';
import { answers, distinctWords, NO_CONNECTION, RECONNECTING, said, seenGrowing, unsent, words, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const DOCUMENTED = ['first-visit', 'chat', 'reconnecting', 'sign-in'];
const ada = { username: 'ada', password: 'correct horse battery' };

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    const take = async (page: Page, name: string): Promise<void> => {
      const file = [name, ...(test.info().project.name === 'wide' ? [] : ['narrow']), ...(colorScheme === 'light' ? [] : ['dark'])].join('-');
      const folder = DOCUMENTED.includes(name) ? '../docs/images' : '../target/screenshots';
      await page.mouse.move(0, 0);
      await page.screenshot({ path: resolve(import.meta.dirname, folder, `${file}.png`), animations: 'disabled', caret: 'hide' });
    };

    test('first visit', async ({ page }) => {
      await page.goto('/');
      await expect(said(page)).toHaveText('Ready');
      await take(page, 'first-visit');
    });

    test('chat', async ({ page, context }) => {
      const api = await Api.signUp(context.request, ada);
      for (const question of ['What happens when my connection drops?', 'Behind nginx, under a sub-path', 'How do I back up the data?']) {
        await api.settled(await api.begin(question, 'quote'));
      }
      await page.goto('/');
      await write(page, 'How do I connect Ollama?', 'Built-in · quote');
      await expect(page).toHaveURL(/\/c\//);
      if (test.info().project.name === 'wide') await page.getByRole('button', { name: 'Sources', exact: true }).click();
      await write(page, 'And behind nginx?');
      await expect(answers(page)).toHaveCount(2);
      await expect.poll(async () => (await answers(page).last().innerText()).length).toBeGreaterThan(150);
      await expect(said(page)).toHaveText('Connected');
      await take(page, 'chat');
    });

    test('reconnecting', async ({ page, context, server, allow }) => {
      const api = await Api.guest(context.request);
      const id = await api.begin(distinctWords(600));
      await page.goto(`/c/${id}`);
      await seenGrowing(words(page));
      allow(NO_CONNECTION);
      await server.kill();
      await write(page, 'What I write meanwhile is kept.');
      await expect(said(page)).toHaveText(RECONNECTING);
      await expect(unsent(page)).toContainText('Queued');
      await take(page, 'reconnecting');
    });

    test('sign in', async ({ page }) => {
      await page.goto('/signin');
      await expect(page.getByRole('button', { name: 'Sign in' })).toBeEnabled();
      await take(page, 'sign-in');
    });

    test('settings', async ({ page, context, server }) => {
      await Api.claim(context.request, server, ada);
      for (const section of ['account', 'data', 'models', 'people', 'providers', 'limits', 'activity']) {
        await page.goto(`/settings/${section}`);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await page.waitForLoadState('networkidle');
        await take(page, `settings-${section}`);
      }
    });

    test('finding', async ({ page, context }) => {
      const api = await Api.signUp(context.request, ada);
      for (const question of ['Rust lifetimes', 'A cake without eggs', 'Trains to Vienna', 'Backups']) {
        await api.settled(await api.begin(question, 'quote'));
      }
      await page.goto('/');
      await expect(said(page)).toHaveText('Connected');
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').last().fill('ra');
      await expect(page.getByRole('option', { name: /Trains/ })).toBeVisible();
      await take(page, 'palette');
      await page.keyboard.press('Escape');
      await page.goto('/search?q=back');
      await expect(page.getByRole('listitem').filter({ hasText: 'Backups' }).first()).toBeVisible();
      await take(page, 'search');
      await page.goto('/archived');
      await take(page, 'archived-empty');
    });

    test('connection', async ({ page, context }) => {
      await Api.guest(context.request);
      await page.goto('/settings/connection');
      await expect(page.getByText('ms there and back')).toBeVisible();
      await take(page, 'connection');
    });
  });
}
