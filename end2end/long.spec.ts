/** A long conversation opens as a short one does: at its end, with what came before it at hand. */
import { Api } from './support/api.ts';
import { log, questions, said } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const ANSWER = 'The water rises twice a day. '.repeat(12);

test('what came before is brought as one reads up, and stays out of the way', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('A long one', 400, ANSWER);
  await page.goto(`/c/${id}`);
  await expect(said(page)).toHaveText('Connected');
  await expect(questions(page)).toHaveCount(30);
  await expect(questions(page).last()).toHaveText('Question 200');
  await expect(page.getByRole('link', { name: '340 earlier messages' })).toBeAttached();

  // As one scrolls up, more come, and what is read stays where it is.
  const first = questions(page).filter({ hasText: /^Question 172$/ });
  await first.evaluate((it) => it.scrollIntoView({ block: 'start' }));
  await expect.poll(() => questions(page).count()).toBeGreaterThan(30);
  await expect(first).toBeInViewport();
  const place = (): Promise<number> => first.evaluate((it) => Math.round(it.getBoundingClientRect().top));
  const before = await place();
  await page.evaluate(() => new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame))));
  expect(Math.abs((await place()) - before)).toBeLessThanOrEqual(2);

  // By the link, too, and to the very beginning.
  await expect(async () => {
    await log(page).evaluate((it) => it.scrollTo(0, 0));
    await expect(questions(page).first()).toHaveText('Question 1', { timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await expect(page.getByRole('link', { name: /earlier message/ })).toHaveCount(0);
  await expect(questions(page)).toHaveCount(200);
});

test('an address leads to a message that is not on the page yet', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('A long one', 400, ANSWER);
  const wanted = (await api.messages(id))[20];
  await page.goto(`/c/${id}#m-${wanted?.id}`);
  await expect(questions(page).filter({ hasText: /^Question 11$/ })).toBeInViewport();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('all of it is one link away', async ({ page, context }) => {
    const api = await Api.guest(context.request);
    const id = await api.bring('A long one', 100, ANSWER);
    await page.goto(`/c/${id}`);
    await expect(questions(page)).toHaveCount(30);
    await page.getByRole('link', { name: '40 earlier messages' }).click();
    await expect(questions(page)).toHaveCount(50);
  });
});
