/** Using only the keyboard: from the first visit to a regenerated answer, and back to the previous one. */
import type { Locator, Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { answers, ECHO, field, lastAnswer, model, models, openList, questions, seenGrowing, statusText } from './support/chat.ts';
import { expect, test } from './support/server.ts';

/** Presses Tab, or Shift+Tab, until this has the focus. */
async function tabTo(target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const page = target.page();
  const isThere = (): Promise<boolean> => target.evaluate((it) => it === document.activeElement);
  for (let step = 0; step < 60 && !(await isThere()); step += 1) await page.keyboard.press(key);
  await expect(target).toBeFocused();
  await expect(target, 'what has the focus is seen').toBeInViewport();
}

/** Checks that the composer has the focus, unless that would open an on-screen keyboard. */
async function expectWriting(page: Page): Promise<void> {
  const fine = await page.evaluate(() => matchMedia('(hover: hover) and (pointer: fine)').matches);
  if (fine) await expect(field(page)).toBeFocused();
  else await expect(field(page)).not.toBeFocused();
}

async function press(button: Locator): Promise<void> {
  await button.focus();
  await button.press('Enter');
}

test('a whole visit', async ({ page }) => {
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');

  // The first link skips to the content, where the composer is.
  await tabTo(page.getByRole('link', { name: 'Skip to the content' }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await tabTo(field(page));
  await page.keyboard.type('Which way is north?');

  // Choose the model by its first letters.
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
  await expect(lastAnswer(page)).toHaveText('Which way is north?');
  await expect(field(page)).toBeFocused();

  await tabTo(page.getByRole('button', { name: 'Regenerate', exact: true }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(answers(page).last()).toContainText('2/2');
  await tabTo(page.getByRole('button', { name: 'Previous version' }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(answers(page).last()).toContainText('1/2');
  await expect(questions(page)).toHaveText(['Which way is north?']);

  // Continue with the palette.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('new conv');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'What are you working on?' })).toBeVisible();
});

test('when a button disappears, the focus moves to the next useful element', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Count.', 'echo-3000-10');
  await page.goto(`/c/${id}`);
  await seenGrowing(lastAnswer(page), 1);
  const stop = page.getByRole('button', { name: 'Stop the answer' });
  await press(stop);
  await expect(stop).toBeHidden();
  await expectWriting(page);
  await press(page.getByRole('button', { name: 'Continue' }));
  await expect(stop).toBeVisible();
  await expectWriting(page);
  await press(stop);
  await expect(stop).toBeHidden();
  await press(answers(page).getByRole('button', { name: 'Regenerate with another model' }));
  await page.keyboard.type('quote');
  await expect(models(page).getByRole('option')).toHaveText(['quote']);
  await page.keyboard.press('Enter');
  await expect(answers(page)).toContainText('2/2');
  await expectWriting(page);
});

test('closing the sources returns the focus to the button that opened them', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('How do I connect Ollama?', 'quote');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  const close = page.getByRole('button', { name: 'Close the sources' });
  for (const name of [/passages?$/, 'Sources']) {
    const shows = page.getByRole('main').getByRole('button', { name });
    if (!(await shows.isVisible())) continue; // there is room for one of them
    await press(shows);
    await press(close);
    await expect(close).toBeHidden();
    await expect(shows).toBeFocused();
    await press(shows);
    await close.press('Escape');
    await expect(close).toBeHidden();
    await expect(shows).toBeFocused();
  }
});

test('a new page has the focus on its content', async ({ page }) => {
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await openList(page);
  await press(page.getByRole('link', { name: 'Settings' }));
  await expect(page.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible();
  await expect(page.getByRole('main')).toBeFocused();
  await openList(page);
  await press(page.getByRole('link', { name: 'Back to the conversations' }));
  await expect(field(page)).toBeVisible();
  const fine = await page.evaluate(() => matchMedia('(hover: hover) and (pointer: fine)').matches);
  await expect(fine ? field(page) : page.getByRole('main')).toBeFocused();
});
