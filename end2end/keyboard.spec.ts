/** By the keyboard alone: from the first visit to an answer made anew, and back to the one before. */
import type { Locator } from '@playwright/test';
import { answers, ECHO, field, model, models, questions, said, words } from './support/chat.ts';
import { expect, test } from './support/server.ts';

/** Goes on, or back, until this has the focus. */
async function tabTo(target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const page = target.page();
  const isThere = (): Promise<boolean> => target.evaluate((it) => it === document.activeElement);
  for (let step = 0; step < 60 && !(await isThere()); step += 1) await page.keyboard.press(key);
  await expect(target).toBeFocused();
  await expect(target, 'what has the focus is seen').toBeInViewport();
}

test('a whole visit', async ({ page }) => {
  await page.goto('/');
  await expect(said(page)).toHaveText('Ready');

  // The first step leads past everything to the content; and there one writes.
  await tabTo(page.getByRole('link', { name: 'Skip to the content' }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await tabTo(field(page));
  await page.keyboard.type('Which way is north?');

  // The model, by its first letters.
  await tabTo(model(page));
  await page.keyboard.press('Enter');
  await expect(models(page)).toBeVisible();
  await page.keyboard.type('ech');
  await expect(models(page).getByRole('option')).toHaveText(['echo']);
  await page.keyboard.press('Enter');
  await expect(models(page)).toBeHidden();
  await expect(model(page)).toHaveText(`Model: ${ECHO}`);
  await expect(model(page)).toBeFocused();
  await tabTo(page.getByRole('button', { name: 'Send' }));
  await page.keyboard.press('Enter');
  await expect(words(page)).toHaveText('Which way is north?');
  await expect(field(page)).toBeFocused();

  await tabTo(page.getByRole('button', { name: 'Regenerate', exact: true }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(answers(page).last()).toContainText('2/2');
  await tabTo(page.getByRole('button', { name: 'Previous version' }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(answers(page).last()).toContainText('1/2');
  await expect(questions(page)).toHaveText(['Which way is north?']);

  // And on, by the palette.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('new conv');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'What are you working on?' })).toBeVisible();
});
