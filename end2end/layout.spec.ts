/** Nothing covers the composer, and small elements are not cut off. */
import type { Locator, Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { atConversation, chooseFromMenu, field, NO_CONNECTION, RECONNECTING, statusText, toast, unsent, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const box = async (of: Locator): Promise<{ x: number; y: number; width: number; height: number }> => {
  const found = await of.boundingBox();
  if (found === null) throw new Error('It is not to be seen.');
  return found;
};

test('the toast is above the composer, however much text the composer holds', async ({ page }) => {
  await atConversation(page);
  for (const text of ['', 'line\n'.repeat(8)]) {
    await field(page).fill(text);
    await chooseFromMenu(page, text === '' ? 'Archive' : 'Bring back');
    const report = toast(page).locator('.content');
    await expect(report).toContainText(text === '' ? 'Archived' : 'Brought back');
    const [above, below] = [await box(report), await box(page.locator('.composer .box'))];
    expect(above.y + above.height).toBeLessThanOrEqual(below.y);
  }
});

test('in a low window, the empty page starts at its top', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 320 });
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await page.locator('.log').evaluate((log) => (log.scrollTop = 0));
  const [log, content] = [await box(page.locator('.log')), await box(page.locator('.welcome'))];
  expect(content.height, 'it has no room').toBeGreaterThan(log.height);
  expect(content.y).toBeGreaterThanOrEqual(log.y);
});

/** Returns how far down the letters of a text reach. */
const bottom = (of: Locator): Promise<number> =>
  of.evaluate((it) => {
    const range = document.createRange();
    range.selectNodeContents(it);
    return range.getBoundingClientRect().bottom;
  });

async function expectWhole(page: Page): Promise<void> {
  const wide = await page.locator('#message').evaluate((it: HTMLTextAreaElement) => {
    const style = getComputedStyle(it);
    const pen = document.createElement('canvas').getContext('2d');
    if (pen === null) throw new Error('Nothing to measure with.');
    pen.font = `${style.fontSize} ${style.fontFamily}`;
    return { text: pen.measureText(it.placeholder).width, room: it.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) };
  });
  expect(wide.text).toBeLessThanOrEqual(wide.room);
}

test('during an outage, the text at the field has room, and a queued message\'s line does not wrap', async ({ page, server, allow }) => {
  await atConversation(page);
  await page.setViewportSize({ width: 320, height: 640 });
  allow(NO_CONNECTION);
  await server.kill();
  await expect(statusText(page)).toHaveText(RECONNECTING);
  await expect(field(page)).toHaveAttribute('placeholder', /sent later/);
  await expectWhole(page);
  await write(page, 'Waits');
  const meta = unsent(page).locator('.meta');
  await page.setViewportSize({ width: 600, height: 640 });
  expect(Math.abs((await bottom(meta.locator('> span'))) - (await bottom(meta.getByRole('button'))))).toBeLessThan(1);
});

test('the German text has room too', async ({ page, context, server, allow }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('before');
  await api.settled(id);
  await context.addCookies([{ name: 'holdfast_language', value: 'de', url: server.url }]);
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(`/c/${id}`);
  await expect(page.locator('.status')).toHaveAttribute('title', /^Verbunden über/);
  allow(NO_CONNECTION);
  await server.kill();
  await expect(page.locator('#message')).toHaveAttribute('placeholder', /später gesendet/);
  await expectWhole(page);
});
