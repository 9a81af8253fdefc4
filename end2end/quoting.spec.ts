/** Quoting: a selection in a message goes into the composer. */
import type { Locator, Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { answers, field, questions, statusText } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const offer = (page: Page): Locator => page.getByRole('button', { name: 'Quote', exact: true });

const TEXT = 'The first paragraph.\n\nThe second, which is `longer`.\n\n- one\n- two';

async function open(page: Page): Promise<void> {
  const api = await Api.guest(page.context().request);
  const id = await api.begin(TEXT);
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
}

test('a selection in an answer is quoted below the draft', async ({ page }) => {
  await open(page);
  await expect(offer(page)).toBeHidden();
  await answers(page).getByText('The first paragraph.').selectText();
  await expect(offer(page)).toBeInViewport();
  const [place, words] = [await offer(page).boundingBox(), await answers(page).getByText('The first paragraph.').boundingBox()];
  expect(place!.y).toBeGreaterThan(words!.y);
  expect(place!.y - words!.y).toBeLessThan(80);
  await offer(page).click();
  await expect(offer(page)).toBeHidden();
  await expect(field(page)).toBeFocused();
  await expect(field(page)).toHaveValue('> The first paragraph.\n\n');

  await field(page).pressSequentially('Why?');
  await answers(page).locator('.md').selectText();
  await offer(page).click();
  const second = '> The first paragraph.\n>\n> The second, which is longer.\n>\n> one\n> two\n\n';
  await expect(field(page)).toHaveValue(`> The first paragraph.\n\nWhy?\n\n${second}`);
  // The quote is part of the draft.
  await page.reload();
  await expect(statusText(page)).toHaveText('Connected');
  await expect(field(page)).toHaveValue(/Why\?[^]*> two/);
});

test('users can quote their own messages, by keyboard alone', async ({ page }) => {
  await open(page);
  await questions(page).selectText();
  await expect(offer(page)).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('quote');
  await expect(page.getByRole('listbox').getByRole('option')).toHaveText(['Quote the selection']);
  await page.keyboard.press('Enter');
  await expect(field(page)).toBeFocused();
  const quoted = TEXT.split('\n').map((line) => `> ${line}`.trimEnd());
  await expect(field(page)).toHaveValue(`${quoted.join('\n')}\n\n`);
});

test('there is no quote button for a selection outside of messages, across several, or none', async ({ page }) => {
  await open(page);
  await answers(page).getByText('one').selectText();
  await expect(offer(page)).toBeVisible();
  await page.evaluate(() => getSelection()?.removeAllRanges());
  await expect(offer(page)).toBeHidden();

  const select = (what: () => void): Promise<void> => page.evaluate(what);
  await answers(page).getByText('one').selectText();
  await expect(offer(page)).toBeVisible();
  await select(() => getSelection()?.setBaseAndExtent(document.querySelector('.text')!, 0, document.querySelector('.md')!, 1));
  await expect(offer(page)).toBeHidden();
  await answers(page).getByText('one').selectText();
  await expect(offer(page)).toBeVisible();
  await select(() => getSelection()?.selectAllChildren(document.querySelector('h1')!));
  await expect(offer(page)).toBeHidden();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('quote what');
  await expect(page.getByText('Nothing has that name')).toBeVisible();
});
