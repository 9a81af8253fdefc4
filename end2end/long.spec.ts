/** A long conversation opens like a short one: at its end, with earlier messages on demand. */
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { answers, ECHO, isBack, log, NO_CONNECTION, questions, RECONNECTING, statusText, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const ANSWER = 'The water rises twice a day. '.repeat(12);

test('scrolling up loads earlier messages without moving the visible ones', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('A long one', 400, ANSWER);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await expect(questions(page)).toHaveCount(30);
  await expect(questions(page).last()).toHaveText('Question 200');
  await expect(page.getByRole('link', { name: '340 earlier messages' })).toBeAttached();

  // Scrolling up loads more, and what is visible stays in place.
  const first = questions(page).filter({ hasText: /^Question 172$/ });
  await first.evaluate((it) => it.scrollIntoView({ block: 'start' }));
  await expect.poll(() => questions(page).count()).toBeGreaterThan(30);
  await expect(first).toBeInViewport();
  const place = (): Promise<number> => first.evaluate((it) => Math.round(it.getBoundingClientRect().top));
  const before = await place();
  await page.evaluate(() => new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame))));
  expect(Math.abs((await place()) - before)).toBeLessThanOrEqual(2);

  // The link loads more too, up to the first message.
  await expect(async () => {
    await log(page).evaluate((it) => it.scrollTo(0, 0));
    await expect(questions(page).first()).toHaveText('Question 1', { timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await expect(page.getByRole('link', { name: /earlier message/ })).toHaveCount(0);
  await expect(questions(page)).toHaveCount(200);
});

test('earlier messages load in pieces, however long the conversation is', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('A long one', 600, ANSWER);
  let heard = 0;
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => (heard += payload.length)));
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/earlier?')) asked.push(request.url());
  });
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await log(page).hover();
  await expect(async () => {
    await page.mouse.wheel(0, -20_000);
    await expect(questions(page).first()).toHaveText('Question 1', { timeout: 300 });
  }).toPass({ timeout: 30_000 });
  await expect(questions(page)).toHaveCount(300);
  expect(await questions(page).allInnerTexts()).toEqual(Array.from({ length: 300 }, (_, n) => `Question ${n + 1}`));
  // Each piece is requested once, and none comes over the socket.
  expect(asked.length).toBeGreaterThan(2);
  expect(new Set(asked).size).toBe(asked.length);
  expect(heard).toBeLessThan(20_000);

  // New messages belong to the same conversation.
  await write(page, 'And now?', ECHO);
  await expect(answers(page).last()).toContainText('And now?');
  await expect(questions(page)).toHaveCount(301);
});

test('if the pieces cannot be loaded, the whole conversation is loaded', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('A long one', 400, ANSWER);
  await page.route('**/earlier?*', () => {}); // as behind a proxy that never answers
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await log(page).evaluate((it) => it.scrollTo(0, 0));
  await expect.poll(() => questions(page).count(), { timeout: 20_000 }).toBeGreaterThan(30);
  await expect(questions(page).last()).toHaveText('Question 200');
});

test('an address opens a message that is not loaded yet', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('A long one', 400, ANSWER);
  const wanted = (await api.messages(id))[20];
  await page.goto(`/c/${id}#m-${wanted?.id}`);
  await expect(questions(page).filter({ hasText: /^Question 11$/ })).toBeInViewport();
});

const earlier = (page: Page): ReturnType<Page['getByRole']> => page.getByRole('link', { name: /earlier message/ });

test('the page contains only the end of the conversation, with all its versions', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('A long one', 400, ANSWER);
  const text = await (await context.request.get(`/c/${id}`)).text();
  expect(text).toContain('Question 171');
  expect(text).not.toContain('Question 170');
  const other = await context.newPage();
  for (const each of [page, other]) {
    await each.goto(`/c/${id}`);
    await expect(statusText(each)).toHaveText('Connected');
  }
  await page.bringToFront();
  const asked = page.getByRole('article', { name: 'You', exact: true }).filter({ hasText: 'Question 199' });
  await asked.hover();
  await asked.getByRole('button', { name: 'Edit' }).click();
  const editor = page.getByRole('textbox', { name: 'Edit your message' });
  await editor.fill('Question 199, better');
  await editor.press('Enter');
  for (const each of [page, other]) {
    await expect(questions(each).last()).toHaveText('Question 199, better');
    await expect(questions(each)).toHaveCount(29);
    await expect(earlier(each)).toHaveText('340 earlier messages');
  }
  await page.getByRole('button', { name: 'Previous version' }).click();
  await expect(questions(page).last()).toHaveText('Question 200');
});

test('an answer that begins further up in another tab is shown there', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('A long one', 400, ANSWER);
  const messages = await api.messages(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await api.ask(id, 'Another way', 'echo', messages[19]?.id);
  await expect(questions(page).last()).toHaveText('Another way');
  await expect(questions(page).first()).toHaveText('Question 1');
  await expect(questions(page)).toHaveCount(11);
  await page.getByRole('button', { name: 'Previous version' }).click();
  await expect(questions(page).last()).toHaveText('Question 200');
});

test('an earlier message can be edited, and both branches can be read', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('A long one', 400, ANSWER);
  const wanted = (await api.messages(id))[20];
  await page.goto(`/c/${id}#m-${wanted?.id}`);
  const asked = page.getByRole('article', { name: 'You', exact: true }).filter({ hasText: /^You saidQuestion 11(?!\d)/ });
  await expect(asked).toBeInViewport();
  await asked.hover();
  await asked.getByRole('button', { name: 'Edit' }).click();
  const editor = page.getByRole('textbox', { name: 'Edit your message' });
  await editor.fill('Question 11, better');
  await editor.press('Enter');
  await expect(questions(page).last()).toHaveText('Question 11, better');
  await page.getByRole('button', { name: 'Previous version' }).click();
  await expect(questions(page).last()).toHaveText('Question 200');
});

test('earlier messages that are requested during an outage load after it', async ({ page, context, server, allow }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('A long one', 400, ANSWER);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  allow(NO_CONNECTION);
  await server.kill();
  await expect(statusText(page)).toHaveText(RECONNECTING);
  await log(page).evaluate((it) => it.scrollTo(0, 0));
  await expect(page.getByText('The earlier messages are loaded as soon as you are back.')).toBeVisible();
  await expect(questions(page)).toHaveCount(30);
  await server.restart();
  await isBack(page);
  await expect.poll(() => questions(page).count()).toBeGreaterThan(30);
  await expect(questions(page).last()).toHaveText('Question 200');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('one link opens the whole conversation', async ({ page, context }) => {
    const api = await Api.guest(context.request);
    const id = await api.bring('A long one', 100, ANSWER);
    await page.goto(`/c/${id}`);
    await expect(questions(page)).toHaveCount(30);
    await page.getByRole('link', { name: '40 earlier messages' }).click();
    await expect(questions(page)).toHaveCount(50);
  });
});

test('loading earlier messages keeps the visible elements as they are', async ({ page, context, browser }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('A long one', 400, '1. one\n2. two\n3. three\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n'.repeat(4));
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  const [there, elements] = [await questions(page).count(), await log(page).locator('*').count()];
  // The number of elements whose style the browser recalculates at once, from its own trace.
  await browser.startTracing(page, { categories: ['devtools.timeline'] });
  await log(page).evaluate((it) => it.scrollTo(0, 300));
  await expect.poll(() => questions(page).count()).toBeGreaterThan(there);
  await page.evaluate(() => new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame))));
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: { name: string; args: { elementCount?: number } }[] };
  const styled = traceEvents.filter(({ name }) => name === 'UpdateLayoutTree').map(({ args }) => args.elementCount ?? 0);
  expect(styled.length).toBeGreaterThan(0);
  expect(Math.max(...styled)).toBeLessThan(elements / 3);
});
