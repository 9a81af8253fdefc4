/** Choosing a model from many. */
import type { Page } from '@playwright/test';
import { expectNoFindings } from './support/axe.ts';
import { answers, choose, field, model, models, statusText, write } from './support/chat.ts';
import { expect, test as base } from './support/server.ts';
import { Upstream } from './support/upstream.ts';

const MANY = Array.from({ length: 30 }, (_, n) => `llama-${n + 1}-instruct`);

const test = base.extend<{ upstream: Upstream }>({
  upstream: async ({}, use) => {
    const upstream = await Upstream.start(['a-name-that-is-far-longer-than-the-narrowest-window-has-room-for-in-a-line', ...MANY]);
    await use(upstream);
    await upstream.stop();
  },
  settings: async ({ upstream }, use) => use({ OPENAI_BASE_URL: upstream.url }),
});

const query = (page: Page) => models(page).getByRole('combobox', { name: 'Find a model' });
const options = (page: Page) => models(page).getByRole('option');

/** The entry that Enter would select: the one that the field refers to, if it is visible. */
async function expectActive(page: Page, name: string): Promise<void> {
  const active = models(page).getByRole('option', { selected: true });
  await expect(active).toHaveText(name);
  await expect(query(page)).toHaveAttribute('aria-activedescendant', (await active.getAttribute('id')) ?? '');
  await expect(active).toBeInViewport();
}

test('a few letters find one of many models, by keyboard', async ({ page, upstream }) => {
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await expect(model(page)).toHaveText(`Model: ${new URL(upstream.url).host} · a-name-that-is-far-longer-than-the-narrowest-window-has-room-for-in-a-line`);
  await model(page).focus();
  await page.keyboard.press('Enter');
  const status = models(page).getByRole('status');
  await expect(status).toHaveText('33 models');
  await expect(models(page).getByRole('group')).toHaveCount(2);

  await page.keyboard.press('End');
  await expectActive(page, 'echo');
  await expect(query(page)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expectActive(page, 'llama-1-instruct');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expectActive(page, 'echo');
  await page.keyboard.press('Home');
  await expectActive(page, 'a-name-that-is-far-longer-than-the-narrowest-window-has-room-for-in-a-line');

  // By parts of its name in any order, and by its provider.
  await page.keyboard.type('ma-27 lla');
  await expect(options(page)).toHaveText(['llama-27-instruct']);
  await expect(status).toHaveText('1 model');
  await query(page).fill('built');
  await expect(options(page)).toHaveText(['quote', 'echo']);
  await expectActive(page, 'quote');
  // A name that is not listed is sent to the provider as it is.
  await query(page).fill('gpt-typed');
  await expect(options(page)).toHaveText(['gpt-typed']);
  await page.keyboard.press('Enter');
  await expect(model(page)).toHaveText('Model: gpt-typed');
  await expect(models(page)).toBeHidden();
  await expect(model(page)).toBeFocused();

  // The next time, the field is empty and the chosen model is selected.
  await choose(page, `${new URL(upstream.url).host} · llama-27-instruct`);
  await expect(model(page)).toHaveText(`Model: ${new URL(upstream.url).host} · llama-27-instruct`);
  await page.keyboard.press('Enter');
  await expect(options(page)).toHaveCount(33);
  await expectActive(page, 'llama-27-instruct');
  await expect(models(page).locator('[aria-current=true]')).toHaveText('llama-27-instruct');
  await page.keyboard.press('Escape');
  await write(page, 'Who are you?');
  await expect(answers(page)).toContainText('llama-27-instruct');
  await expect(answers(page)).toContainText('Hello from there.');

  // Regenerating an answer uses the same list.
  await answers(page).getByRole('button', { name: 'Regenerate with another model' }).click();
  await page.keyboard.press('ArrowDown');
  await expectActive(page, 'llama-28-instruct');
  await page.keyboard.press('Enter');
  await expect(answers(page)).toContainText('2/2');
  await expect(answers(page)).toContainText('llama-28-instruct');
  await expect(model(page)).toHaveText(`Model: ${new URL(upstream.url).host} · llama-27-instruct`);
});

test('the list fits into any window, and is accessible', async ({ page }) => {
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  const overflows = (): Promise<boolean> => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  expect(await overflows()).toBe(false);
  await expect(page.getByRole('button', { name: 'Send' })).toBeInViewport({ ratio: 1 });
  await model(page).click();
  await expect(options(page)).toHaveCount(33);
  await expect(models(page)).toBeInViewport({ ratio: 1 });
  expect(await overflows()).toBe(false);
  await expectNoFindings(page);
  await options(page).nth(2).click();
  await expect(models(page)).toBeHidden();
  await field(page).fill('On');
  await expectNoFindings(page);
});
