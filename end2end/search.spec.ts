/** Search: while typing, with marks, and without JavaScript. */
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { distinctWords, openList, questions, statusText } from './support/chat.ts';
import { expect, test } from './support/server.ts';

/** Returns what is marked in the message that was opened. */
const marked = (page: Page): Promise<string[]> => page.evaluate(() => [...(CSS.highlights.get('found') ?? [])].map(String));

test('search finds messages while typing, marks the words, and opens them', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const tides = await api.begin('How do tides work?');
  await api.settled(tides);
  await api.ask(tides, 'Only the moon moves so much water');
  await api.settled(await api.begin('Where is the harbour?'));
  await api.settled(tides);
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Connected');
  await openList(page);
  const search = page.getByRole('searchbox', { name: 'Search conversations' });
  const found = page.getByRole('list', { name: 'Found' });
  await search.pressSequentially('moon wat');
  await expect(found.getByRole('link')).toHaveCount(1);
  await expect(found.getByRole('link')).toContainText('How do tides work?');
  await expect(found.getByRole('link')).toContainText('Today');
  await expect(found.locator('mark')).toHaveText(['moon', 'water']);
  await search.fill('"*');
  await expect(page.getByText('Nothing found.')).toBeVisible();
  await search.fill('tides');
  await expect(found.locator('mark').first()).toHaveText('tides');
  await found.getByRole('link').click();
  await expect(page).toHaveURL(new RegExp(`/c/${tides}\\?found=[^#]+#m-`));
  await expect(questions(page)).toHaveText(['How do tides work?', 'Only the moon moves so much water']);
  await expect.poll(() => marked(page)).toEqual(['tides']);
  await openList(page);
  await search.press('Escape');
  await expect(search).toHaveValue('');
  await expect(found).toBeHidden();
  await expect(page.getByRole('link', { name: 'Where is the harbour?' })).toBeVisible();
});

test('a result opens its message, in any branch and however far up', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('The kelp forest');
  await api.settled(id);
  const first = (await api.answer(id)).id;
  await api.ask(id, 'First way: otters');
  await api.settled(id);
  await api.ask(id, 'Second way: urchins', undefined, first);
  await api.settled(id);
  for (const n of [1, 2, 3]) {
    await api.ask(id, `Filler ${n}. ${distinctWords(150)}`);
    await api.settled(id);
  }
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Connected');
  await openList(page);
  const search = page.getByRole('searchbox', { name: 'Search conversations' });
  const found = page.getByRole('list', { name: 'Found' });
  await search.fill('urchins');
  await found.getByRole('link').click();
  const marked = page.locator('.marked');
  await expect(marked).toContainText('Second way: urchins');
  await expect(marked).toBeInViewport();
  await openList(page);
  await search.fill('otters');
  await expect(found.locator('mark').first()).toHaveText('otters');
  await found.getByRole('link').click();
  await expect(marked).toContainText('First way: otters');
  await expect(marked).toBeInViewport();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('urchins');
  await expect(page.getByRole('listbox').getByRole('option')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(marked).toContainText('Second way: urchins');
  await page.reload();
  await expect(marked).toContainText('Second way: urchins');
  await expect(marked).toBeInViewport();
});

test('a match deep in a long answer is marked and scrolled into view', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const paragraphs = Array.from({ length: 120 }, (_, n) => `Paragraph ${n}, which says nothing.`);
  paragraphs[60] = 'Here lies the Treasure, 漢字 and all; nobody untreasured knows.';
  const id = await api.begin(paragraphs.join('\n\n'), 'echo');
  await api.settled(id);
  await page.goto('/search?q=treasure');
  await page.getByRole('list', { name: 'Found' }).getByRole('link').click();
  await expect(page).toHaveURL(new RegExp(`/c/${id}\\?found=Treasure#m-`));
  await expect.poll(() => marked(page)).toEqual(['Treasure']);
  await expect(page.getByText('Here lies the Treasure').last()).toBeInViewport();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('search is a page', async ({ page, context }) => {
    const api = await Api.guest(context.request);
    const tides = await api.begin('How do tides work?');
    await api.settled(tides);
    await page.goto('/search');
    await page.getByRole('searchbox', { name: 'Search conversations' }).fill('tide');
    await page.getByRole('searchbox', { name: 'Search conversations' }).press('Enter');
    await expect(page).toHaveURL(/\/search\?q=tide$/);
    await expect(page.getByRole('searchbox', { name: 'Search conversations' })).toHaveValue('tide');
    await page.getByRole('list', { name: 'Found' }).getByRole('link').click();
    await expect(page).toHaveURL(new RegExp(`/c/${tides}\\?found=[^#]+#m-`));
    await expect(questions(page)).toHaveText('How do tides work?');
  });
});

for (const [locale, label, sentence] of [
  ['en-GB', 'Search conversations', 'Results are missing, because the search index is still being built. Search again in a minute.'],
  ['de-DE', 'Unterhaltungen durchsuchen', 'Es fehlen Treffer, weil der Suchindex noch aufgebaut wird. Suche in einer Minute noch einmal.'],
] as const) {
  test.describe(() => {
    test.use({ locale });

    test(`a search says that results are missing while the index is built (${locale})`, async ({ page, context }) => {
      const api = await Api.guest(context.request);
      await api.settled(await api.begin('How do tides work?'));
      let building = true;
      await page.route('**/api/search?*', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...((await response.json()) as object), building } });
      });
      await page.goto('/');
      await expect(statusText(page)).toHaveText(/Connected|Verbunden/);
      const search = page.getByRole('searchbox', { name: label });
      const list = page.getByRole('button', { name: /^(Conversations and settings|Unterhaltungen und Einstellungen)$/ });
      if (await list.isVisible()) await list.click();
      await search.fill('tides');
      const line = page.getByText(sentence, { exact: true });
      await expect(line).toBeVisible();
      await expect(page.getByRole('list', { name: /^(Found|Gefunden)$/ }).getByRole('link')).toHaveCount(1);
      building = false;
      await search.fill('tide');
      await expect(line).toBeHidden();
    });
  });
}
