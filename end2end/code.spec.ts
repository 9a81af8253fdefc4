/** Code is highlighted; the highlighter is loaded only if there is code. */
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { answers, ECHO, lastAnswer, questions, seenGrowing, statusText, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const RUST = 'fn main() {\n    // <b>bold</b> & so on\n    let text = "colours";\n}\n';
const CODE = `Some code:\n\n\`\`\`rust\n${RUST}\`\`\`\n\nThe end.`;

/** Records the requests for the highlighter. */
function loads(page: Page): string[] {
  const loaded: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/lib/highlight')) loaded.push(request.url());
  });
  return loaded;
}

test('finished code is highlighted, and its text is unchanged', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const loaded = loads(page);
  await page.goto('/');
  await write(page, 'No code, `but a word`\n\n```\nand a block without a name\n```', ECHO);
  await expect(answers(page).getByRole('figure')).toBeVisible();
  await expect(answers(page)).toHaveAttribute('data-growing', 'false');
  expect(loaded).toEqual([]);

  await write(page, CODE);
  const figure = answers(page).last().getByRole('figure');
  await expect(figure.locator('.hljs-keyword')).toHaveText(['fn', 'let']);
  await expect(figure.locator('.hljs-string')).toHaveText('"colours"');
  await expect(figure.locator('figcaption')).toContainText('rust');
  expect(await figure.locator('code').textContent()).toBe(RUST);
  expect(loaded.length).toBeGreaterThan(0);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const colours = await figure.evaluate((one) => ['.hljs-keyword', '.hljs-string', 'code'].map((name) => getComputedStyle(one.querySelector(name)!).color));
    expect(new Set(colours).size, colours.join()).toBe(3);
  }
  await figure.getByRole('button', { name: 'Copy' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(RUST);

  // Code that the server rendered is highlighted too.
  await page.reload();
  await expect(figure.locator('.hljs-keyword')).toHaveText(['fn', 'let']);
});

test('a finished block is highlighted once, and a growing one not at all', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin(`${CODE}\n\n\`\`\`rust\nlet open = 1;`, 'echo');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(answers(page).locator('.hljs-keyword').first()).toBeVisible();
  await page.evaluate(() => {
    const seen = new MutationObserver(() => ((window as { touched?: boolean }).touched = true));
    for (const figure of document.querySelectorAll('.answer figure')) seen.observe(figure, { subtree: true, childList: true, characterData: true });
  });
  await api.ask(id, 'Count.', 'echo-1500-5');
  await expect(answers(page)).toHaveCount(2);
  await seenGrowing(lastAnswer(page));
  await api.settled(id);
  await api.ask(id, CODE, 'echo');
  await expect(answers(page).last().locator('.hljs-keyword').first()).toBeVisible();
  expect(await page.evaluate(() => (window as { touched?: boolean }).touched)).toBeUndefined();
});

test('code stays plain if its language is unknown or the highlighter cannot be loaded', async ({ page, context, allow }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin(`\`\`\`klingon\nqapla\n\`\`\`\n\n${CODE}`);
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(answers(page).locator('.hljs-keyword').first()).toBeVisible();
  await expect(answers(page).getByRole('figure').first().locator('code')).toHaveText('qapla\n');
  await expect(answers(page).getByRole('figure').first().locator('code span')).toHaveCount(0);

  allow(/ERR_FAILED/);
  await page.route(/\/lib\//, (route) => route.abort());
  const asked = page.waitForEvent('requestfailed', (request) => request.url().includes('/lib/'));
  await page.reload();
  await asked;
  await expect(statusText(page)).toHaveText('Connected');
  await expect(answers(page).getByRole('figure').last().locator('code')).toHaveText(RUST);
  await expect(answers(page).getByRole('figure').last().locator('code span')).toHaveCount(0);
});

test('long lines can be wrapped', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin(`\`\`\`\n${'a long line '.repeat(60)}\n\`\`\``);
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  const figure = answers(page).getByRole('figure');
  const overflow = (): Promise<number> => figure.locator('pre').evaluate((pre) => pre.scrollWidth - pre.clientWidth);
  expect(await overflow()).toBeGreaterThan(0);
  const wrap = figure.getByRole('button', { name: 'Wrap' });
  await expect(wrap).toHaveAttribute('aria-pressed', 'false');
  await wrap.click();
  await expect(wrap).toHaveAttribute('aria-pressed', 'true');
  expect(await overflow()).toBe(0);
  await wrap.press('Enter');
  await expect(wrap).toHaveAttribute('aria-pressed', 'false');
  expect(await overflow()).toBeGreaterThan(0);
});

test('code blocks in a user\'s message are shown as code, and the rest as it was written', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin(`Why *this*?\nAnd that?\n\n\`\`\`rust\n${RUST}\`\`\`\nThanks`);
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  for (const reload of [true, false]) {
    await expect(questions(page).locator('pre')).toHaveText(RUST.trim());
    expect(await questions(page).getByRole('paragraph').allInnerTexts()).toEqual(['Why *this*?\nAnd that?', 'Thanks']);
    if (reload) await page.reload();
  }
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('code is shown without colours', async ({ page, context, allow }) => {
    allow(/preload/);
    const api = await Api.guest(context.request);
    const id = await api.begin(CODE);
    await api.settled(id);
    await page.goto(`/c/${id}`);
    const figure = answers(page).getByRole('figure');
    await expect(figure.locator('code')).toHaveText(RUST);
    await expect(figure.locator('button')).toHaveCount(3);
    for (const button of await figure.locator('button').all()) await expect(button).toBeHidden();
  });
});
