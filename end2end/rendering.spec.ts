/** What can be done with parts of an answer: fold, copy, save, and look at pictures. */
import { readFile } from 'node:fs/promises';
import type { Download, Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { answers, statusText } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const TEXT = `Before.

<details>
<summary>The steps</summary>

1. **Melt** it.
2. Cool it.

</details>

H<sub>2</sub>O, m<sup>2</sup>, press <kbd>Ctrl</kbd>.

| Name | Price |
|---|--:|
| Tea, green | 3.50 |
| =1+1 | 2 |

\`\`\`js title="src/app.js"
const a = 1;
\`\`\`

![A harbour](https://pictures.example/harbour.png)
`;

async function open(page: Page): Promise<void> {
  const api = await Api.guest(page.context().request);
  const id = await api.bring('Parts', 2, TEXT);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
}

async function textOf(download: Download): Promise<string> {
  return await readFile(await download.path(), 'utf8');
}

test('details fold, and small marks are elements', async ({ page }) => {
  await open(page);
  const answer = answers(page).last();
  await expect(answer.getByText('Melt')).toBeHidden();
  await answer.getByText('The steps').click();
  await expect(answer.getByText('Melt')).toBeVisible();
  await expect(answer.locator('sub, sup, kbd')).toHaveText(['2', '2', 'Ctrl']);
});

test('a table is copied and saved as CSV', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page);
  const answer = answers(page).last();
  const [download] = await Promise.all([page.waitForEvent('download'), answer.getByRole('button', { name: 'Save as CSV' }).click()]);
  expect(download.suggestedFilename()).toBe('table.csv');
  expect(await textOf(download)).toBe("\ufeffName,Price\r\n\"Tea, green\",3.50\r\n'=1+1,2\r\n");
  await answer.locator('.data').getByRole('button', { name: 'Copy' }).click();
  await expect(answer.locator('.data').getByRole('button', { name: 'Copied' })).toBeVisible();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('Name\tPrice\nTea, green\t3.50\n=1+1\t2');
});

test('a block of code shows the name of its file, and is saved under it', async ({ page }) => {
  await open(page);
  const answer = answers(page).last();
  await expect(answer.locator('.code figcaption > span')).toHaveText('src/app.js');
  await expect(answer.locator('.code .hljs-keyword')).toHaveText('const');
  const [download] = await Promise.all([page.waitForEvent('download'), answer.locator('.code').getByRole('button', { name: 'Save' }).click()]);
  expect(download.suggestedFilename()).toBe('app.js');
  expect(await textOf(download)).toBe('const a = 1;\n');
});

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

test('a picture is loaded when it is clicked, and not before', async ({ page }) => {
  const asked: (string | undefined)[] = [];
  await page.route('https://pictures.example/**', async (route) => {
    asked.push(route.request().headers()['referer']);
    await route.fulfill({ contentType: 'image/png', body: PIXEL });
  });
  await open(page);
  const link = answers(page).last().getByRole('link', { name: 'A harbour' });
  await expect(link).toBeVisible();
  await expect(page.locator('.code .hljs-keyword')).toHaveCount(1); // what is loaded by itself is loaded
  expect(asked).toEqual([]);
  await link.click();
  await expect(answers(page).last().getByRole('img', { name: 'A harbour' })).toBeVisible();
  expect(asked).toEqual([undefined]);
});

const PAGE = `\`\`\`html
<h1 style="color: rgb(255, 0, 0)">Hello</h1>
<button onclick="document.querySelector('h1').textContent = 'Pressed'">Press</button>
<style>h1 { font-size: 50px }</style>
<script>
  document.body.dataset.origin = self.origin;
  fetch('https://pictures.example/').catch(() => (document.body.dataset.network = 'none'));
</script>
\`\`\`

\`\`\`html
<script>missing();</script>
\`\`\`

\`\`\`svg
<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle cx="20" cy="20" r="18"/></svg>
\`\`\`
`;

test('HTML and SVG are previewed in a frame that reaches nothing', async ({ page, allow }) => {
  allow(/violates the following Content Security Policy|Refused to connect|Fetch API cannot load|missing is not defined/);
  const api = await Api.guest(page.context().request);
  const id = await api.bring('Previews', 2, PAGE);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  const blocks = answers(page).last().locator('figure.code');
  const preview = blocks.first().getByRole('button', { name: 'Preview' });
  await preview.click();
  await expect(preview).toHaveAttribute('aria-pressed', 'true');
  await expect(blocks.first().locator('pre')).toBeHidden();
  await expect(blocks.first().locator('iframe')).toHaveAttribute('sandbox', 'allow-scripts');
  const frame = blocks.first().frameLocator('iframe');
  await expect(frame.getByRole('heading')).toHaveCSS('color', 'rgb(255, 0, 0)');
  await expect(frame.getByRole('heading')).toHaveCSS('font-size', '50px');
  await expect(frame.locator('body')).toHaveAttribute('data-origin', 'null');
  await expect(frame.locator('body')).toHaveAttribute('data-network', 'none');
  await frame.getByRole('button', { name: 'Press' }).click();
  await expect(frame.getByRole('heading')).toHaveText('Pressed');
  await preview.click();
  await expect(blocks.first().locator('pre')).toBeVisible();
  await expect(blocks.first().locator('iframe')).toHaveCount(0);

  await blocks.nth(1).getByRole('button', { name: 'Preview' }).click();
  await expect(blocks.nth(1).getByRole('status')).toContainText('missing is not defined');
  await expect(blocks.nth(1).locator('pre')).toBeVisible();

  await blocks.nth(2).getByRole('button', { name: 'Preview' }).click();
  await expect(blocks.nth(2).frameLocator('iframe').locator('circle')).toBeVisible();
});

test('a diagram is drawn, and an error is shown beside its source', async ({ page, allow }) => {
  allow(/violates the following Content Security Policy/);
  const api = await Api.guest(page.context().request);
  const text = '```mermaid\ngraph TD\nA[Start] --> B[End]\n```\n\n```mermaid\ngraph TD\nA[Start -->\n```\n';
  const id = await api.bring('Diagrams', 2, text);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  const blocks = answers(page).last().locator('figure.code');
  await blocks.first().getByRole('button', { name: 'Preview' }).click();
  await expect(blocks.first().frameLocator('iframe').getByText('Start', { exact: true }).first()).toBeVisible();
  await expect(blocks.first().locator('pre')).toBeHidden();
  await blocks.nth(1).getByRole('button', { name: 'Preview' }).click();
  await expect(blocks.nth(1).getByRole('status')).toContainText('Parse error on line 4');
  await expect(blocks.nth(1).locator('pre')).toBeVisible();
});
