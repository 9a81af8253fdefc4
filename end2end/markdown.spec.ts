/** The content of an answer is shown and never executed. */
import type { Locator } from '@playwright/test';
import { Api } from './support/api.ts';
import {
  answers,
  chooseFromMenu,
  distinctWords,
  ECHO,
  heading,
  item,
  lastAnswer,
  openList,
  questions,
  seenGrowing,
  statusText,
  write,
} from './support/chat.ts';
import { expect, test } from './support/server.ts';

const FRIENDLY = `# Tides

A paragraph with **strong** words, \`code\`, a [link](https://example.com/tides "Tides") and https://example.org/bare.

\`\`\`rust
fn main() {
    println!("<b>{}</b>", 1 & 2);
}
\`\`\`

| harbour | high | low |
|:--------|-----:|----:|
| Brest   | 7.1  | 1.2 |
| Cádiz   | 3.4  | 0.8 |

1. one
2. two
   - [x] done
   - [ ] to do

> a quotation

The end.`;

const HOSTILE = `<script>window.ran = 'script'</script>

<img src="/nothing" onerror="window.ran = 'onerror'"> and <b onmouseover="window.ran = 'hover'">bold</b>

[press me](javascript:window.ran='link') [and me](JaVaScRiPt&colon;window.ran='entity') [or me](data:text/html,<script>1</script>)

<javascript:window.ran='auto'> ![picture](https://example.com/track.gif) ![bad](javascript:window.ran='image')

<iframe src="https://example.com"></iframe><style>body { display: none }</style><form action="https://example.com"><input></form>

[quote](https://example.com/"onmouseover="window.ran='attribute')

| <img src=x onerror=window.ran='cell'> | \`<svg onload=window.ran='code'>\` |
|---|---|
| </td><script>window.ran='td'</script> | x |

Still here.`;

test('each block of an answer and each title has the direction of its language', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const hebrew = 'שלום עולם, עם `code` בפנים';
  const id = await api.begin(`${hebrew}\n\nHello, world\n\n- שלום\n\n\`\`\`\nשלום\n\`\`\``);
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  const direction = (of: Locator): Promise<string> => of.evaluate((it) => getComputedStyle(it).direction);
  const answer = answers(page);
  expect(await direction(answer.getByRole('paragraph').filter({ hasText: 'שלום' }))).toBe('rtl');
  expect(await direction(answer.getByRole('paragraph').filter({ hasText: 'Hello' }))).toBe('ltr');
  expect(await direction(answer.getByRole('listitem'))).toBe('rtl');
  for (const code of await answer.locator('code').all()) expect(await direction(code)).toBe('ltr');
  expect(await direction(heading(page))).toBe('rtl');
  await openList(page);
  expect(await direction(item(page, /שלום/).locator('.title'))).toBe('rtl');

  // The same in a shared conversation.
  await page.goto(`/c/${id}`);
  await chooseFromMenu(page, 'Share…');
  await page.getByRole('button', { name: 'Create a link' }).click();
  await page.goto(await page.getByLabel('The link', { exact: true }).inputValue());
  const shown = page.getByRole('article', { name: 'Answer' });
  expect(await direction(shown.getByRole('paragraph').filter({ hasText: 'שלום' }))).toBe('rtl');
  expect(await direction(shown.getByRole('paragraph').filter({ hasText: 'Hello' }))).toBe('ltr');
});

test('a growing answer has its direction from the start', async ({ page }) => {
  await page.goto('/');
  await write(page, `שלום ${distinctWords(400)}`, ECHO);
  await seenGrowing(lastAnswer(page), 1);
  await expect(lastAnswer(page)).toHaveCSS('direction', 'rtl');
  await expect(answers(page)).toHaveAttribute('data-growing', 'true');
});

for (const { kind, line, first } of [
  { kind: 'list', line: (n: number) => `- entry ${n} of them`, first: 'li' },
  { kind: 'table', line: (n: number) => (n === 0 ? '| a | b |\n|---|---|' : `| cell ${n} | of them |`), first: 'td' },
]) {
  test(`a selection in a growing ${kind} stays`, async ({ page }) => {
    await page.goto('/');
    await write(page, Array.from({ length: 400 }, (_, n) => line(n)).join('\n'), ECHO);
    const parts = answers(page).locator(first);
    await expect.poll(() => parts.count()).toBeGreaterThan(4);
    await parts.first().selectText();
    const selected = (): Promise<string> => page.evaluate(() => getSelection()?.toString() ?? '');
    const before = await selected();
    expect(before).not.toBe('');
    const count = await parts.count();
    await expect.poll(() => parts.count()).toBeGreaterThan(count + 20);
    expect(await selected()).toBe(before);
    await expect(answers(page)).toHaveAttribute('data-growing', 'true');
  });
}

test('code, tables, lists and links have their elements', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/');
  await write(page, FRIENDLY, ECHO);
  const answer = answers(page);
  await expect(answer.getByText('The end.')).toBeVisible();
  await expect(answer.getByRole('button', { name: 'Copy' }).last()).toBeVisible();

  await expect(answer.getByRole('heading', { name: 'Tides' })).toBeVisible();
  await expect(answer.locator('strong')).toHaveText('strong');
  await expect(answer.getByRole('cell', { name: 'Cádiz' })).toBeVisible();
  await expect(answer.getByRole('columnheader')).toHaveText(['harbour', 'high', 'low']);
  await expect(answer.getByRole('checkbox', { name: 'done' })).toBeChecked();
  await expect(answer.getByRole('checkbox', { name: 'to do' })).not.toBeChecked();
  await expect(answer.getByRole('blockquote')).toHaveText('a quotation');
  const link = answer.getByRole('link', { name: 'link' });
  await expect(link).toHaveAttribute('href', 'https://example.com/tides');
  await expect(link).toHaveAttribute('rel', /noopener/);
  await expect(answer.getByRole('link', { name: 'https://example.org/bare' })).toHaveAttribute('href', 'https://example.org/bare');
  // The user's message is shown as it was written.
  await expect(questions(page)).toContainText('| harbour | high | low |');

  const clipboard = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());
  const code = 'fn main() {\n    println!("<b>{}</b>", 1 & 2);\n}\n';
  const copy = answer.locator('figure.code').getByRole('button', { name: /^Cop/ });
  await copy.click();
  await expect(copy).toHaveText('Copied');
  expect(await clipboard()).toBe(code);
  await expect(copy).toHaveText('Copy');
  await answer.getByRole('button', { name: 'Copy' }).last().click();
  await expect.poll(clipboard).toBe(FRIENDLY);
  await expect(answer.getByText('Copied')).toHaveCount(0);

  // An answer that grew on the page looks like one that the server rendered.
  const grown = await answer.innerText();
  await page.reload();
  await expect(statusText(page)).toHaveText('Connected');
  expect(await answer.innerText()).toBe(grown);
});

test('hostile text is shown as text', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto('/');
  await write(page, HOSTILE, ECHO);
  const answer = answers(page);
  await expect(answer.getByText('Still here.')).toBeVisible();
  await expect(answer).toHaveAttribute('data-growing', 'false');
  await api.settled(page.url().slice(-36));

  for (const how of ['grown', 'rendered whole']) {
    for (const text of [
      "<script>window.ran = 'script'</script>",
      '<iframe src="https://example.com"></iframe>',
      '<b onmouseover="window.ran = \'hover\'">bold</b>',
      "<img src=x onerror=window.ran='cell'>",
    ]) {
      await expect(answer, how).toContainText(text);
    }
    await expect(answer.locator('.md').locator('script, img, iframe, style, form, b, svg, [onerror], [onmouseover], [style]'), how).toHaveCount(0);
    const targets = await answer.locator('[href], [src]').evaluateAll((found) => found.map((one) => one.getAttribute('href') ?? one.getAttribute('src')));
    for (const target of targets) expect(target, how).toMatch(/^(https?:\/\/|mailto:)/);
    for (const words of ['press me', 'and me', 'or me']) await answer.getByText(words).click();
    await answer.getByText('bold').hover();
    expect(await page.evaluate(() => (window as { ran?: string }).ran), how).toBeUndefined();
    await page.reload();
    await expect(statusText(page)).toHaveText('Connected');
  }
  expect(asked.filter((url) => !url.startsWith(new URL(page.url()).origin))).toEqual([]);
});

test('finished blocks of a long answer are inserted once, without visible gaps', async ({ page, context }) => {
  const paragraphs = Array.from({ length: 60 }, (_, n) => `Paragraph ${n + 1}`);
  const api = await Api.guest(context.request);
  const id = await api.begin('before');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await page.evaluate(() => {
    const taken: string[] = [];
    Object.assign(window, { taken });
    const isFinished = (node: Node): boolean => node instanceof Element && node.closest('.tail') === null;
    new MutationObserver((seen) => {
      for (const { target, removedNodes } of seen) {
        if (isFinished(target)) taken.push(...[...removedNodes].flatMap((node) => (node instanceof Element && !node.matches('.tail') ? [node.outerHTML] : [])));
      }
    }).observe(document.querySelector('#log-content')!, { subtree: true, childList: true });
  });
  await api.ask(id, paragraphs.join('\n\n'), 'echo');
  const answer = answers(page).last();
  await expect(answer).toHaveAttribute('data-growing', 'false');
  await api.settled(id);
  for (const how of ['as it grew', 'as the server renders it']) {
    await expect(answer.getByRole('paragraph'), how).toHaveText(paragraphs);
    const tops = await answer.getByRole('paragraph').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
    const steps = tops.slice(1).map((top, n) => Math.round(top - tops[n]!));
    expect(new Set(steps).size, `${how}: ${steps.join()}`).toBe(1);
    if (how === 'as it grew') {
      expect(await page.evaluate(() => (window as unknown as { taken: string[] }).taken.filter((html) => html.includes('Paragraph')))).toEqual([]);
      await page.reload();
    }
  }
});

test('line breaks are shown, and numbers of lists are not cut off', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const list = Array.from({ length: 4 }, (_, n) => `${98 + n}. entry`).join('\n');
  const id = await api.begin(`Roses are red,\nviolets are blue.\n\n床前明月光\n疑是地上霜\n\n${list}\n\nText.\n\n${list.replaceAll(/^/gm, '- ')}`, 'echo');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  const paragraphs = answers(page).getByRole('paragraph');
  expect(await paragraphs.first().evaluate((one) => (one as HTMLElement).innerText)).toBe('Roses are red,\nviolets are blue.');
  expect(await paragraphs.nth(1).evaluate((one) => (one as HTMLElement).innerText)).toBe('床前明月光\n疑是地上霜');
  const widths = await answers(page)
    .locator('ol')
    .evaluateAll((lists) =>
      lists.map((list) => {
        const { paddingInlineStart, font } = getComputedStyle(list);
        const canvas = new OffscreenCanvas(1, 1).getContext('2d')!;
        canvas.font = font;
        const last = String((list as HTMLOListElement).start + list.children.length - 1);
        return [last, parseFloat(paddingInlineStart) - canvas.measureText(`${last}. `).width] as const;
      }),
    );
  expect(widths.length).toBeGreaterThan(0);
  for (const [last, left] of widths) expect(left, last).toBeGreaterThanOrEqual(-8); // so much is shown beside the box
});
