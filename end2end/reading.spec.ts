/** The text can be read before the program is loaded, and without it. */
import type { Locator, Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { answers, heading, item, lastAnswer, questions } from './support/chat.ts';
import { expect, test } from './support/server.ts';

/** The text for browsers without JavaScript. Playwright ignores it when it looks for a text. */
const note = (page: Page): Locator => page.getByRole('main').locator('noscript > *');

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });
  test.beforeEach(({ allow }) => allow(/\.wasm was preloaded using link preload but not used/));

  test('messages can be read, and the list links to them', async ({ page, context }) => {
    const api = await Api.guest(context.request);
    const [first, second] = [await api.begin('The first of the two'), await api.begin('**Bold** and `code`')];
    await Promise.all([api.settled(first), api.settled(second)]);

    await page.goto('/');
    await expect(note(page).filter({ visible: true }).first()).toHaveText(/Writing needs JavaScript/, { useInnerText: true });
    await expect(page.getByRole('button', { name: 'Send' })).toBeHidden();
    await item(page, 'The first of the two').click();
    await expect(page).toHaveURL(`/c/${first}`);
    await expect(heading(page)).toHaveText('The first of the two');
    await expect(questions(page)).toHaveText('The first of the two');
    await expect(lastAnswer(page)).toHaveText('The first of the two');
    await expect(note(page).filter({ visible: true })).toHaveText(/Writing needs JavaScript/, { useInnerText: true });

    await item(page, 'Bold').click();
    await expect(page).toHaveURL(`/c/${second}`);
    await expect(answers(page).locator('strong')).toHaveText('Bold');
    await expect(answers(page).locator('code')).toHaveText('code');
  });

  test('the sign-in page says that it needs JavaScript', async ({ page }) => {
    await page.goto('/signin');
    await expect(note(page).filter({ visible: true })).toHaveText('Signing in needs JavaScript.', { useInnerText: true });
  });
});

test('the text is on the page before the program is loaded', async ({ page, context, allow }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Here at once');
  await api.settled(id);
  allow(/\.wasm|Failed to fetch|ERR_FAILED/);
  await page.route(/\.wasm$/, (route) => route.abort());
  await page.goto(`/c/${id}`);
  await expect(page).toHaveTitle(/Here at once/);
  await expect(questions(page)).toHaveText('Here at once');
  await expect(lastAnswer(page)).toHaveText('Here at once');
});

test('the page contains what there is of a growing answer', async ({ page, context, request }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Count.', 'echo-2000-5');
  await expect.poll(async () => (await api.answer(id)).content.length).toBeGreaterThan(100);
  const before = (await api.answer(id)).content;
  const html = await (await context.request.get(`/c/${id}`)).text();
  expect(html).toContain(before.trim());
  // Other users can't read it.
  const foreign = await request.get(`/c/${id}`);
  expect(foreign.status()).toBe(404);
  expect(await foreign.text()).not.toContain(before.slice(0, 40));
  await page.goto(`/c/${id}`);
  await expect(answers(page)).toHaveAttribute('data-growing', 'true');
});
