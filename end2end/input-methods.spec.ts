/** Input methods: Enter accepts a suggestion, and sends nothing. */
import { answers, choose, ECHO, field, questions, statusText } from './support/chat.ts';
import { expect, test } from './support/server.ts';

test('Enter that ends a composition sends nothing', async ({ page }) => {
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await choose(page, ECHO);
  await field(page).focus();
  const browser = await page.context().newCDPSession(page);
  await browser.send('Input.imeSetComposition', { text: 'かんじ', selectionStart: 3, selectionEnd: 3 });
  await expect(field(page)).toHaveValue('かんじ');
  // Input methods send the key without its text.
  await browser.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 });
  await browser.send('Input.dispatchKeyEvent', { type: 'keyUp', key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 });
  await expect(questions(page)).toHaveCount(0);
  await browser.send('Input.insertText', { text: '漢字' });
  await expect(field(page)).toHaveValue('漢字');
  await field(page).press('Enter');
  await expect(questions(page)).toHaveText(['漢字']);
  await expect(answers(page)).toHaveCount(1);
});
