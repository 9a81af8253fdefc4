/** A long answer scrolls along for a user who reads at its end, and for nobody else. */
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { lastAnswer, log, read, seenGrowing } from './support/chat.ts';
import { expect, test } from './support/server.ts';

type Place = { readonly top: number; readonly below: number; readonly height: number };

const place = (page: Page): Promise<Place> =>
  log(page).evaluate((log) => ({ top: log.scrollTop, below: log.scrollHeight - log.scrollTop - log.clientHeight, height: log.scrollHeight }));

/** Waits until the text needs this much more space. */
async function grownBy(page: Page, pixels: number): Promise<void> {
  const { height } = await place(page);
  await expect.poll(async () => (await place(page)).height, { timeout: 20_000 }).toBeGreaterThan(height + pixels);
}

/** Waits until nothing scrolls any more. */
async function atRest(page: Page): Promise<number> {
  let before = -1;
  await expect
    .poll(async () => {
      const { top } = await place(page);
      const rests = top === before;
      before = top;
      return rests;
    })
    .toBe(true);
  return before;
}

test('the end stays in view for a user at the end, and the position stays for a user further up', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Count.', 'echo-20000-3');
  await page.goto(`/c/${id}`);
  const newText = page.getByRole('button', { name: 'New text' });

  await expect.poll(async () => (await place(page)).top).toBeGreaterThan(400);
  await grownBy(page, 150);
  expect((await place(page)).below).toBeLessThanOrEqual(40);
  await expect(newText).toBeHidden();

  await log(page).focus();
  await page.keyboard.press('PageUp');
  await expect(newText).toBeVisible();
  const top = await atRest(page);
  const before = await read(lastAnswer(page));
  await grownBy(page, 150);
  expect((await place(page)).top).toBe(top);
  expect((await read(lastAnswer(page))).slice(0, before.length)).toBe(before);

  await newText.click();
  await expect(newText).toBeHidden();
  await expect.poll(async () => (await place(page)).below).toBeLessThanOrEqual(40);
  await grownBy(page, 100);
  expect((await place(page)).below).toBeLessThanOrEqual(40);

  // Also if the user scrolls.
  await log(page).focus();
  await page.keyboard.press('PageUp');
  await expect(newText).toBeVisible();
  await page.keyboard.press('End');
  await expect(newText).toBeHidden();

  await page.keyboard.press('PageUp');
  await expect(newText).toBeVisible();
  await page.getByRole('button', { name: 'Stop the answer' }).click();
  await expect(page.getByRole('button', { name: 'To the end' })).toBeVisible();
});

test('a conversation opens at its end', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Count.', 'echo-3000-0');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect.poll(async () => (await place(page)).top).toBeGreaterThan(400);
  await expect.poll(async () => (await place(page)).below).toBeLessThanOrEqual(40);
});

test('while an answer grows, the page itself neither scrolls nor widens', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Count.', 'echo-20000-3');
  await page.goto(`/c/${id}`);
  await seenGrowing(lastAnswer(page), 5);
  const excess = await page.evaluate(() => {
    const root = document.documentElement;
    return [root.scrollWidth - root.clientWidth, root.scrollHeight - root.clientHeight, window.scrollY];
  });
  expect(excess).toEqual([0, 0, 0]);
});
