/** What a screen reader announces of an answer while it is being written. */
import type { Page } from '@playwright/test';
import { answers, ECHO, statusText, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const ANSWER = ['# Tides', 'The water **rises** twice a day.', '- at springs\n- at neaps', '```rust\nfn main() {}\n```', 'That is `all`.'].join('\n\n');

/** Records what is added to polite live regions; regions that are off are ignored. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const told: string[] = [];
    const tell = (node: Node): void => {
      const element = node instanceof Element ? node : node.parentElement;
      const region = element?.closest('[aria-live], [role="status"]');
      const level = region?.getAttribute('aria-live') ?? 'polite';
      if (!element?.isConnected || !region || level !== 'polite' || region.closest('[aria-busy="true"]')) return;
      const heard = node.cloneNode(true);
      if (heard instanceof Element) for (const off of heard.querySelectorAll('[aria-live="off"]')) off.remove();
      const text = (heard.textContent ?? '').replace(/\s+/g, ' ').trim();
      if (text !== '') told.push(text);
    };
    new MutationObserver((changes) => {
      for (const { type, target, addedNodes } of changes) {
        if (type === 'characterData') tell(target);
        else addedNodes.forEach(tell);
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
    Object.assign(window, { told });
  });
  return () => page.evaluate(() => (window as unknown as { told: string[] }).told);
}

test('each finished block of a growing answer is announced once, and earlier messages are not announced', async ({ page }) => {
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  const told = await listen(page);
  await write(page, ANSWER, ECHO);
  await expect(answers(page)).toHaveAttribute('data-growing', 'false');
  await expect(answers(page).locator('.hljs-keyword')).toHaveText('fn'); // the colours are no news
  await expect.poll(told).toContain('The answer is finished.');
  // Blocks that are finished at the same time may be announced together. Single words would be announced repeatedly.
  const all = (await told()).join('\n');
  const pieces = [/The answer is being written\./g, /Tides/g, /The water rises twice a day\./g, /at springs ?at neaps/g, /rust.*fn main\(\) \{\}/g, /That is all\./g];
  const places = pieces.map((piece) => [...all.matchAll(piece)].map(({ index }) => index));
  expect(places.map(({ length }) => length), all).toEqual(pieces.map(() => 1));
  expect(places.flat(), all).toEqual(places.flat().toSorted((a, b) => a - b));

  await page.reload();
  await expect(statusText(page)).toHaveText('Connected');
  await expect(answers(page).locator('[aria-live]')).toHaveCount(1); // the code, once it has its colours
  await expect(answers(page).locator('[aria-live="polite"]')).toHaveCount(0);
});
