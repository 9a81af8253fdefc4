/** Going on in another way: another answer, an edited message, and the way between the versions. */
import type { Locator, Page } from '@playwright/test';
import { Api } from './support/api.ts';
import {
  answers,
  atConversation,
  choose,
  ECHO,
  field,
  isBack,
  lastAnswer,
  models,
  NO_CONNECTION,
  pick,
  questions,
  RECONNECTING,
  seenGrowing,
  statusText,
  unsent,
  write,
} from './support/chat.ts';
import { expect, test } from './support/server.ts';

const versions = (within: Locator): Locator => within.getByRole('group', { name: 'Versions' });
const answer = (page: Page): Locator => answers(page).last();
const question = (page: Page): Locator => page.getByRole('article', { name: 'You', exact: true });

async function edit(page: Page, index: number, text: string): Promise<void> {
  await question(page).nth(index).hover();
  await question(page).nth(index).getByRole('button', { name: 'Edit' }).click();
  const editor = page.getByRole('textbox', { name: 'Edit your message' });
  await expect(editor).toBeFocused();
  await editor.fill(text);
  await editor.press('Enter');
}

test('an answer is made anew, by the same model and by another, in every tab, and all of them stay', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Round and round');
  await api.settled(id);
  const other = await context.newPage();
  for (const each of [page, other]) {
    await each.goto(`/c/${id}`);
    await expect(statusText(each)).toHaveText('Connected');
    await expect(lastAnswer(each)).toHaveText('Round and round');
    await expect(versions(answer(each))).toHaveCount(0);
  }

  await page.bringToFront();
  await answer(page).getByRole('button', { name: 'Regenerate', exact: true }).click();
  for (const each of [page, other]) {
    await expect(versions(answer(each))).toContainText('2/2');
    await expect(lastAnswer(each)).toHaveText('Round and round');
    await expect(answers(each)).toHaveCount(1);
  }
  await answer(page).getByRole('button', { name: 'Regenerate with another model' }).click();
  await expect(models(page).getByRole('option', { name: 'echo' })).toHaveAttribute('aria-current', 'true'); // which gave this one
  await pick(page, 'Built-in · quote');
  for (const each of [page, other]) {
    await expect(versions(answer(each))).toContainText('3/3');
    await expect(answer(each)).toContainText('Built-in · quote');
  }

  await api.settled(id);
  await expect(answer(page)).toHaveAttribute('data-growing', 'false'); // what grows moves the buttons beneath it
  await versions(answer(page)).getByRole('button', { name: 'Previous version' }).click();
  await expect(versions(answer(page))).toContainText('2/3');
  await expect(versions(answer(page)).getByRole('button', { name: 'Previous version' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(versions(answer(page))).toContainText('1/3');
  await expect(lastAnswer(page)).toHaveText('Round and round');
  await expect(versions(answer(other))).toContainText('3/3');
  // What is written now follows what is shown, and not what is newest.
  await choose(page, ECHO);
  await write(page, 'On from the first');
  await expect(lastAnswer(page)).toHaveText('On from the first');
  await expect(questions(page)).toHaveText(['Round and round', 'On from the first']);
  await expect(versions(answers(page).first())).toContainText('1/3');
  await api.settled(id);
  const kept = await api.messages(id);
  const first = kept.find(({ role }) => role === 'assistant');
  expect(kept.find(({ content }) => content === 'On from the first')).toMatchObject({ parent_id: first?.id });
  await page.reload();
  await expect(questions(page)).toHaveText(['Round and round', 'On from the first']);
});

test('an answer made anew grows before one’s eyes, through a reload, while one looks at the other', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('go', 'echo-400-20');
  await page.goto(`/c/${id}`);
  await seenGrowing(lastAnswer(page));
  await page.getByRole('button', { name: 'Stop the answer' }).click();
  await answer(page).getByRole('button', { name: 'Regenerate', exact: true }).click();
  await expect(versions(answer(page))).toContainText('2/2');
  await seenGrowing(lastAnswer(page));
  await versions(answer(page)).getByRole('button', { name: 'Previous version' }).click();
  await expect(answer(page).getByText('Stopped.')).toBeVisible();
  await page.reload();
  await expect(versions(answer(page))).toContainText('2/2');
  await seenGrowing(lastAnswer(page), 2);
  await api.settled(id);
  await expect(lastAnswer(page)).toHaveText((await api.answer(id)).content.trim());
});

test('an answer that was stopped goes on, also where something follows it', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('go', 'echo-400-20');
  await page.goto(`/c/${id}`);
  await seenGrowing(lastAnswer(page));
  await page.getByRole('button', { name: 'Stop the answer' }).click();
  await expect(answer(page).getByText('Stopped.')).toBeVisible();
  const stopped = await api.answer(id);
  await api.ask(id, 'What follows', 'echo');
  await expect(lastAnswer(page)).toHaveText('What follows');
  await api.settled(id);
  const first = answers(page).first();
  await first.getByRole('button', { name: 'Continue' }).click();
  await expect(first.getByText('Stopped.')).toBeHidden();
  await expect(first).toHaveAttribute('data-growing', 'false', { timeout: 20_000 });
  const whole = (await api.messages(id)).find((message) => message.id === stopped.id);
  expect(whole?.status).toBe('complete');
  expect(whole?.content.startsWith(stopped.content)).toBe(true);
  await expect(first.getByRole('paragraph')).toHaveText(whole?.content.trim() ?? '');
  await expect(questions(page)).toHaveText(['go', 'What follows']);
});

test('an edited message takes the other’s place, and both can be read', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('one');
  await api.settled(id);
  await api.ask(id, 'two');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');

  await question(page).last().hover();
  await question(page).last().getByRole('button', { name: 'Edit' }).click();
  const editor = page.getByRole('textbox', { name: 'Edit your message' });
  await expect(editor).toHaveValue('two');
  await editor.press('Escape');
  await expect(question(page).last().getByRole('button', { name: 'Edit' })).toBeFocused();
  await edit(page, 1, 'two, better');
  await expect(questions(page)).toHaveText(['one', 'two, better']);
  await expect(lastAnswer(page)).toHaveText('two, better');
  await expect(field(page)).toBeFocused();
  await expect(versions(question(page).last())).toContainText('2/2');

  await edit(page, 0, 'one, better');
  await expect(questions(page)).toHaveText(['one, better']);
  await expect(lastAnswer(page)).toHaveText('one, better');
  await versions(question(page).first()).getByRole('button', { name: 'Previous version' }).click();
  await expect(questions(page)).toHaveText(['one', 'two, better']);
  await versions(question(page).last()).getByRole('button', { name: 'Previous version' }).click();
  await expect(questions(page)).toHaveText(['one', 'two']);
  await expect(lastAnswer(page)).toHaveText('two');
  expect(await api.messages(id)).toHaveLength(8);
});

test('an edit and another answer wait for a server that is away, and come once', async ({ page, server, allow }) => {
  const { api, id } = await atConversation(page);
  allow(NO_CONNECTION);
  await server.kill();
  await expect(statusText(page)).toHaveText(RECONNECTING);
  await answer(page).getByRole('button', { name: 'Regenerate', exact: true }).click();
  await expect(page.getByText('Another answer is requested as soon as you are back.')).toBeVisible();
  await edit(page, 0, 'better');
  await expect(unsent(page)).toContainText('better');
  await expect(questions(page)).toHaveCount(0); // it makes room
  await server.restart();
  await isBack(page);
  await expect(lastAnswer(page)).toHaveText('better');
  await expect(unsent(page)).toHaveCount(0);
  await expect(versions(question(page).first())).toContainText('2/2');
  await versions(question(page).first()).getByRole('button', { name: 'Previous version' }).click();
  await expect(versions(answer(page))).toContainText('2/2');
  await api.settled(id);
  expect((await api.messages(id)).map(({ content }) => content).toSorted()).toEqual(['before', 'before', 'before', 'better', 'better']);
});

test('another answer and an edit that were asked for while the server was away survive the page', async ({ page, server, allow }) => {
  const { api, id } = await atConversation(page);
  allow(NO_CONNECTION);
  await server.kill();
  await expect(statusText(page)).toHaveText(RECONNECTING);
  await answer(page).getByRole('button', { name: 'Regenerate', exact: true }).click();
  await edit(page, 0, 'better');
  await expect(unsent(page)).toContainText('better');
  await page.goto('about:blank');
  await server.restart();
  await page.goto(`/c/${id}`);
  await expect(lastAnswer(page)).toHaveText('better');
  await expect(unsent(page)).toHaveCount(0);
  await versions(question(page).first()).getByRole('button', { name: 'Previous version' }).click();
  await expect(versions(answer(page))).toContainText('2/2');
  await api.settled(id);
  expect((await api.messages(id)).map(({ content }) => content).toSorted()).toEqual(['before', 'before', 'before', 'better', 'better']);
  // Asked for once, and no more.
  await page.reload();
  await expect(statusText(page)).toHaveText('Connected');
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => /outbox|again/.test(key)))).toEqual([]);
  expect(await api.messages(id)).toHaveLength(5);
});
