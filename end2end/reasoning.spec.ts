/** Reasoning is shown while it grows, folded when the text begins, and kept apart from the text. */
import type { Locator, Page } from '@playwright/test';
import { expectNoFindings } from './support/axe.ts';
import { answers, statusText, write } from './support/chat.ts';
import { expect, test as base } from './support/server.ts';
import { Upstream } from './support/upstream.ts';

const THOUGHTS = Array.from({ length: 24 }, (_, n) => (n % 8 === 7 ? `idea ${n}.\n\n` : `idea ${n} `));
const WORDS = Array.from({ length: 12 }, (_, n) => `word${n} `);

const test = base.extend<{ upstream: Upstream }>({
  upstream: async ({}, use) => {
    const upstream = await Upstream.start(['thinker']);
    upstream.thoughts = THOUGHTS;
    upstream.speech = { pieces: WORDS, every: 80 };
    await use(upstream);
    await upstream.stop();
  },
  settings: async ({ upstream }, use) => use({ OPENAI_BASE_URL: upstream.url }),
});

/** The text of the newest answer, without its reasoning. */
const written = (page: Page): Locator => answers(page).last().locator(':scope > .md');

test('reasoning grows in sight, folds when the text begins, and opens by key', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const region = (target instanceof Element ? target : target.parentElement)?.closest('[aria-live=polite].sr-only');
        if (region) said.push(region.textContent ?? '');
      }
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
  });
  await write(page, 'Think first.');
  const thought = answers(page).last().getByRole('group');
  const summary = answers(page).last().locator('summary');
  await expect(summary).toHaveText('Thinking…');
  await expect(thought).toContainText('idea 3');
  await expect(thought.getByText('idea 3')).toBeVisible();
  const before = await summary.boundingBox();
  await expect(written(page)).toContainText('word0');
  await expect(summary).toHaveText(/^Thought for \d s$/);
  await expect(thought.getByText('idea 3')).toBeHidden();
  expect((await summary.boundingBox())?.height).toBe(before?.height);

  await expect(answers(page).last()).toHaveAttribute('data-growing', 'false');
  const said = await page.evaluate(() => (window as unknown as { said: string[] }).said);
  expect(said.filter((text) => /^Th(ink|ought)/.test(text)).filter((text, n, all) => text !== all[n - 1])).toEqual(['Thinking…', expect.stringMatching(/^Thought for \d s$/)]);
  expect(said.join()).not.toContain('idea');

  await summary.focus();
  await page.keyboard.press('Enter');
  await expect(thought.getByText('idea 23')).toBeVisible();
  await thought.getByRole('button', { name: 'Copy the reasoning' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(THOUGHTS.join(''));
  await answers(page).last().locator('.toolbar').getByRole('button', { name: 'Copy', exact: true }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(WORDS.join(''));
  await expectNoFindings(page);

  await page.reload();
  await expect(summary).toHaveText(/^Thought for \d s$/);
  await expect(thought.getByText('idea 3')).toBeHidden();
});

test('reasoning that was opened stays open, and one that was closed stays closed', async ({ page }) => {
  await page.goto('/');
  await write(page, 'Think first.');
  const summary = answers(page).last().locator('summary');
  await expect(summary).toHaveText('Thinking…');
  await summary.click();
  await expect(answers(page).last().getByText('idea 3')).toBeHidden();
  await summary.click();
  await expect(answers(page).last().getByText('idea 3')).toBeVisible();
  await expect(written(page)).toContainText('word0');
  await expect(answers(page).last().getByText('idea 3')).toBeVisible();
});

test.describe('without scripts', () => {
  test('reasoning can be unfolded', async ({ page, browser }) => {
    await page.goto('/');
    await write(page, 'Think first.');
    await expect(written(page)).toContainText('word11');
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
    const reader = await plain.newPage();
    await reader.goto(page.url());
    await expect(reader.getByText('idea 3')).toBeHidden();
    await reader.locator('.thought > summary').click();
    await expect(reader.getByText('idea 3')).toBeVisible();
    await plain.close();
  });
});
