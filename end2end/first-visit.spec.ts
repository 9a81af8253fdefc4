/** The main promise: the answer grows before the user's eyes, and nothing that happens to page or server loses a word. */
import { Api } from './support/api.ts';
import {
  answers,
  distinctWords,
  ECHO,
  expectBeginnings,
  isBack,
  lastAnswer,
  NO_CONNECTION,
  questions,
  read,
  RECONNECTING,
  seenGrowing,
  statusText,
  write,
} from './support/chat.ts';
import { expect, test } from './support/server.ts';

test('opening the page creates no account', async ({ page, context }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'What are you working on?' })).toBeVisible();
  await expect(statusText(page)).toHaveText('Ready');
  expect(await context.cookies()).toEqual([]);
});

test('a first message and its answer are the same after a reload, in a second tab and after a restart', async ({ page, context, server, allow }) => {
  const text = distinctWords(900);
  await page.goto('/');
  await write(page, text, ECHO);

  const seen = await seenGrowing(lastAnswer(page));
  await expect(page).toHaveURL(/\/c\/[0-9a-f-]{36}$/);
  await expect(statusText(page)).toHaveText('Connected');

  await page.reload();
  const reloaded = await seenGrowing(lastAnswer(page));
  expect(reloaded[0]?.length).toBeGreaterThanOrEqual(seen.at(-1)?.length ?? 0);
  seen.push(...reloaded);

  const second = await context.newPage();
  await second.goto(page.url());
  seen.push(...(await seenGrowing(lastAnswer(second))));
  await expect(statusText(second)).toHaveText('Connected');

  allow(NO_CONNECTION);
  await server.kill();
  await expect(statusText(page)).toHaveText(RECONNECTING);
  await expect(statusText(second)).toHaveText(RECONNECTING);
  seen.push(await read(lastAnswer(page)), await read(lastAnswer(second)));
  await server.restart();
  await isBack(page);
  await isBack(second);

  // The answer that was growing when the server was killed is interrupted, and can be continued.
  await expect(answers(page).getByText('The answer was interrupted.')).toBeVisible();
  seen.push(await read(lastAnswer(page)), await read(lastAnswer(second)));
  await page.getByRole('button', { name: 'Continue' }).click();
  seen.push(...(await seenGrowing(lastAnswer(second), 1)));

  const api = await Api.here(context.request);
  const id = page.url().slice(-36);
  await api.settled(id);
  const answer = await api.answer(id);
  expect(answer.status).toBe('complete');
  expect(answer.content).toBe(text);
  for (const each of [page, second]) {
    await expect(lastAnswer(each)).toHaveText(text);
    await expect(questions(each)).toHaveText([text]);
  }
  expectBeginnings(seen, text);
});
