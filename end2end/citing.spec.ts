/** Citations lead to the cited words on their page, in the reader beside the conversation. */
import type { Locator, Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { expectNoFindings } from './support/axe.ts';
import { answers, field, statusText } from './support/chat.ts';
import { ask, pdf, remove, upload, type Answered } from './support/materials.ts';
import { expect, test } from './support/server.ts';

const FILLER = ['Each turn of the cycle begins with citrate.', 'It ends where it began.'];
const LECTURE = pdf([
  ['Biochemistry, lecture seven', '', 'This lecture is about the citric acid cycle.', ...FILLER],
  ['Oxidative decarboxylation', '', 'Isocitrate dehydrogenase catalyses the', 'decarboxylation of isocitrate, releasing carbon dioxide.', 'The product stays bound.'],
  ['Regulation', '', 'NADH inhibits isocitrate dehydrogenase, so that the', 'decarboxylation of isocitrate is slow.', ...FILLER],
  ['Yeast', '', 'In yeast the enzyme is an octamer of two kinds of subunits.', ...FILLER],
]);
const QUESTION = 'isocitrate dehydrogenase, decarboxylation of isocitrate';

const reader = (page: Page): Locator => page.getByRole('complementary', { name: 'Document' });
const citations = (page: Page): Locator => page.getByRole('article', { name: 'Answer' }).last().locator('a.cite');
const close = (page: Page): Locator => reader(page).getByRole('button', { name: 'Close the document' });

/** Uploads a file, asks about it, and opens the conversation. */
async function cited(page: Page, name: string, type: string, bytes: Buffer, question = QUESTION): Promise<{ api: Api; file: string; answer: Answered }> {
  const request = page.context().request;
  const api = await Api.guest(request);
  const file = await upload(request, api, name, type, bytes);
  const answer = await ask(request, api, question, [file]);
  await page.goto(`/c/${answer.conversation_id}`);
  await expect(statusText(page)).toHaveText('Connected');
  return { api, file, answer };
}

/** Returns the words of a page's text layer under its highlights, in order. */
async function highlighted(page: Page, number: number | undefined): Promise<string> {
  const paper = reader(page).locator(`.paper[data-page="${number}"]`);
  await expect(paper).toHaveAttribute('aria-busy', 'false');
  return await paper.evaluate((paper) => {
    const marks = [...paper.querySelectorAll('.cited:not(.other)')].map((mark) => mark.getBoundingClientRect());
    const words: string[] = [];
    for (const span of paper.querySelectorAll('.textLayer span')) {
      const node = span.firstChild;
      if (!(node instanceof Text)) continue;
      let line = '';
      for (let at = 0; at < node.length; at += 1) {
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        const { left, right, top, bottom } = range.getBoundingClientRect();
        const [x, y] = [(left + right) / 2, (top + bottom) / 2];
        if (marks.some((mark) => x >= mark.left && x <= mark.right && y >= mark.top && y <= mark.bottom)) line += node.data[at];
      }
      if (line !== '') words.push(line);
    }
    return words.join(' ').replace(/\s+/g, ' ').trim();
  });
}

const letters = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

test('a citation opens its page with exactly the quoted words highlighted', async ({ page }) => {
  const { answer } = await cited(page, 'Lecture 7.pdf', 'application/pdf', LECTURE);
  const used = answer.sources.filter((source) => source.used);
  expect(used.length).toBeGreaterThan(1);
  await expect(citations(page)).toHaveCount(used.length);
  const first = citations(page).first();
  await expect(first).toHaveAccessibleName(/Source \d: Lecture 7\.pdf, page \d/);
  await first.click();
  const n = Number(await first.textContent());
  const source = used.find((it) => it.n === n);
  await expect(reader(page)).toContainText(`page ${source?.page} of 4`);
  expect(letters(await highlighted(page, source?.page))).toBe(letters(source?.quote ?? ''));
  expect(page.url()).toContain(`#c-${answer.answer_id}.${n}`);

  // The address leads there.
  await page.reload();
  await expect(reader(page)).toContainText(`page ${source?.page} of 4`);
  expect(letters(await highlighted(page, source?.page))).toBe(letters(source?.quote ?? ''));
  await expectNoFindings(page);

  await close(page).click();
  await expect(reader(page)).toBeHidden();
  expect(page.url()).not.toContain('#c-');
});

test('the keyboard suffices: from citation to citation, page to page, and back to the sentence', async ({ page }) => {
  const { answer } = await cited(page, 'Lecture 7.pdf', 'application/pdf', LECTURE);
  const used = answer.sources.filter((source) => source.used).toSorted((a, b) => a.n - b.n);
  const first = citations(page).filter({ hasText: new RegExp(`^${used[0]?.n}$`) });
  await first.focus();
  await page.keyboard.press('Enter');
  await expect(reader(page)).toBeFocused();
  await expect(reader(page)).toContainText(`1 of ${used.length} citations`);
  await page.keyboard.press('ArrowRight');
  await expect(reader(page)).toContainText(`2 of ${used.length} citations`);
  await expect(reader(page)).toContainText(`page ${used[1]?.page} of 4`);
  expect(letters(await highlighted(page, used[1]?.page))).toBe(letters(used[1]?.quote ?? ''));
  await page.keyboard.press('ArrowLeft');
  await expect(reader(page)).toContainText(`1 of ${used.length} citations`);
  await page.keyboard.press('PageDown');
  await expect(reader(page)).toContainText(`page ${(used[0]?.page ?? 0) + 1} of 4`);
  await page.keyboard.press('Escape');
  await expect(reader(page)).toBeHidden();
  await expect(first).toBeFocused();
  // A second click closes it, too.
  await first.click();
  await expect(reader(page)).toBeVisible();
  await first.evaluate((link: HTMLElement) => link.click());
  await expect(reader(page)).toBeHidden();
});

test('a card shows the words on focus, and Escape hides it', async ({ page }) => {
  const { answer } = await cited(page, 'Lecture 7.pdf', 'application/pdf', LECTURE);
  const first = citations(page).first();
  const source = answer.sources.find((it) => it.used && it.n === Number(/\[(\d+)\]/.exec(answer.full_response)?.[1]));
  await field(page).focus();
  for (let n = 0; n < 60 && !(await first.evaluate((link) => link === document.activeElement)); n += 1) await page.keyboard.press('Shift+Tab');
  const card = page.getByRole('tooltip').filter({ hasText: 'Lecture 7.pdf' });
  await expect(card).toBeVisible();
  expect(letters((await card.locator('mark').textContent()) ?? '')).toBe(letters(source?.quote ?? ''));
  await expect(card).toContainText(`page ${source?.page}`);
  await expectNoFindings(page);
  await page.keyboard.press('Escape');
  await expect(card).toBeHidden();
});

test('the passages lead to the reader, those that are cited first', async ({ page }) => {
  const { answer } = await cited(page, 'Lecture 7.pdf', 'application/pdf', LECTURE);
  const used = answer.sources.filter((source) => source.used);
  await page.getByRole('button', { name: `${used.length} of ${answer.sources.length} passages cited` }).click();
  const panel = page.getByRole('complementary', { name: 'Sources' });
  await expect(panel.getByRole('heading', { level: 3 }).first()).toHaveText('Cited');
  await expect(panel.getByRole('listitem').first().locator('mark')).toBeVisible();
  await expectNoFindings(page);
  await panel.getByRole('link').first().click();
  await expect(reader(page)).toBeVisible();
  await expect(reader(page)).toContainText(/page \d of 4/);
  await close(page).click();
  await expect(panel).toBeVisible();
  await expect(panel.getByRole('link').first()).toBeFocused();
});

test('an answer that cites nothing says that it is not in the documents', async ({ page }) => {
  await cited(page, 'Lecture 7.pdf', 'application/pdf', LECTURE, 'Zzyzx?');
  await expect(answers(page).getByText('This is not in your documents.')).toBeVisible();
  await answers(page).getByRole('button', { name: 'Nearest passages' }).click();
  await expect(page.getByRole('complementary', { name: 'Sources' })).toContainText('Nearest passages');
  await expectNoFindings(page);
});

test('a question is asked again without passages that were switched off, and they stay off', async ({ page }) => {
  const { answer } = await cited(page, 'Lecture 7.pdf', 'application/pdf', LECTURE);
  const panel = page.getByRole('complementary', { name: 'Sources' });
  const passages = page.getByRole('button', { name: /passages cited$|^\d+ passages?$/ });
  const first = answer.sources.find((source) => source.used);
  await passages.click();
  const use = panel.getByRole('checkbox', { name: `Use passage ${first?.n}` });
  await expect(use).toBeChecked();
  await use.press('Space');
  await expect(panel.getByRole('button', { name: 'Ask again without 1 passage' })).toBeVisible();
  await expectNoFindings(page);
  await panel.getByRole('button', { name: 'Ask again without 1 passage' }).click();
  await expect(page.getByText('2/2')).toBeVisible();
  await expect(answers(page)).toHaveAttribute('data-growing', 'false');
  await expect(answers(page)).not.toContainText(first?.quote ?? '');

  // The next time, the first passage is left out as well.
  await passages.click();
  await expect(panel.getByRole('checkbox')).toHaveCount(answer.sources.length - 1);
  await panel.getByRole('checkbox').first().uncheck();
  await panel.getByRole('button', { name: 'Ask again without 2 passages' }).click();
  await expect(page.getByText('3/3')).toBeVisible();
  await expect(answers(page)).toHaveAttribute('data-growing', 'false');
  await expect(answers(page)).not.toContainText(first?.quote ?? '');
});

test('what is not in the documents is answered from general knowledge', async ({ page }) => {
  const { answer } = await cited(page, 'Lecture 7.pdf', 'application/pdf', LECTURE, 'How do I connect Ollama? Zzyzx');
  expect(answer.sources.every((source) => !source.used)).toBe(true);
  await answers(page).getByRole('button', { name: 'Answer from general knowledge' }).click();
  await expect(page.getByText('2/2')).toBeVisible();
  await expect(answers(page)).toContainText('Ollama');
  await expect(answers(page).getByText('This is not in your documents.')).toBeHidden();
  await expect(answers(page)).not.toContainText('Lecture 7.pdf');
});

const NOTES = '# Cycle\n\nIntroduction.\n\n## Decarboxylation\n\nIsocitrate dehydrogenase catalyses the decarboxylation of isocitrate.\n\n## Regulation\n\nNADH inhibits isocitrate dehydrogenase.\n';

test('a Markdown file is a readable text with its headings and the cited words marked', async ({ page }) => {
  const { answer } = await cited(page, 'notes.md', 'text/markdown', Buffer.from(NOTES));
  await citations(page).first().click();
  await expect(reader(page).getByRole('heading', { name: 'Decarboxylation' }).or(reader(page).getByRole('heading', { name: 'Regulation' })).first()).toBeVisible();
  const source = answer.sources.find((it) => it.n === Number(/\[(\d+)\]/.exec(answer.full_response)?.[1]));
  const marked = (await reader(page).locator('mark:not(.faint)').allTextContents()).join('');
  expect(letters(marked)).toBe(letters(source?.quote ?? ''));
  await expectNoFindings(page);
});

test('selected text of a document is quoted, or asked about', async ({ page }) => {
  await cited(page, 'notes.md', 'text/markdown', Buffer.from(NOTES));
  await citations(page).first().click();
  const words = reader(page).locator('mark:not(.faint)').first();
  const text = (await words.textContent()) ?? '';
  await words.selectText();
  await reader(page).getByRole('button', { name: 'Quote', exact: true }).click();
  await expect(field(page)).toHaveValue(`> ${text}\n\n`);
  await field(page).fill('');
  await field(page).blur();
  await words.selectText();
  await reader(page).getByRole('button', { name: 'Ask about this' }).click();
  await expect(field(page)).toHaveValue(new RegExp(`^About “.*” \\(notes\\.md, .+\\): $`));
  await expect(field(page)).toBeFocused();
});

test('of a removed file the passage is left', async ({ page, allow }) => {
  allow(/404/);
  const { api, file, answer } = await cited(page, 'Lecture 7.pdf', 'application/pdf', LECTURE);
  await remove(page.context().request, api, file);
  await citations(page).first().click();
  await expect(reader(page).getByRole('alert')).toHaveText('This file was removed.');
  const source = answer.sources.find((it) => it.n === Number(/\[(\d+)\]/.exec(answer.full_response)?.[1]));
  expect(letters((await reader(page).locator('mark').textContent()) ?? '')).toBe(letters(source?.quote ?? ''));
  await expectNoFindings(page);
});

test('a page that cannot be drawn is shown as text', async ({ page, allow }) => {
  allow(/ERR_FAILED|Failed to fetch/);
  await page.route(/pdfjs/, (route) => route.abort());
  await cited(page, 'Lecture 7.pdf', 'application/pdf', LECTURE);
  await citations(page).first().click();
  await expect(reader(page)).toContainText("The page can't be drawn. This is its text.");
  await expect(reader(page).locator('mark').first()).toBeVisible();
});

test('without scripts, a citation leads to the passage below the answer', async ({ browser, server }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: server.url });
  const page = await context.newPage();
  const api = await Api.guest(context.request);
  const file = await upload(context.request, api, 'Lecture 7.pdf', 'application/pdf', LECTURE);
  const answer = await ask(context.request, api, QUESTION, [file]);
  await page.goto(`/c/${answer.conversation_id}`);
  const link = page.locator('a.cite').first();
  await link.click();
  const n = await link.textContent();
  const passage = page.locator(`[id="c-${answer.answer_id}.${n}"]`);
  await expect(passage).toBeVisible();
  expect(letters((await passage.locator('mark').textContent()) ?? '')).toBe(letters(answer.sources.find((it) => String(it.n) === n)?.quote ?? ''));

  // So it does on a shared page.
  const headers = { authorization: `Bearer ${api.token}` };
  const share = await context.request.post(`/api/conversations/${answer.conversation_id}/shares`, { headers, data: { days: 7 } });
  const { path } = (await share.json()) as { path: string };
  await page.goto(path);
  await page.locator('a.cite').first().click();
  await expect(passage).toBeVisible();
  await context.close();
});
