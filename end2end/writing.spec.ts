/** Keys in the composer, stopping an answer, and messages that can't be sent or are refused. */
import { Api } from './support/api.ts';
import {
  answers,
  atConversation,
  choose,
  distinctWords,
  ECHO,
  field,
  isBack,
  lastAnswer,
  model,
  NO_CONNECTION,
  pick,
  questions,
  RECONNECTING,
  seenGrowing,
  statusText,
  unsent,
  write,
} from './support/chat.ts';
import { expect, test as base } from './support/server.ts';
import { Upstream } from './support/upstream.ts';

const test = base.extend<{ upstream: Upstream }>({
  upstream: async ({}, use) => {
    const upstream = await Upstream.start(['here', 'gone-tomorrow']);
    await use(upstream);
    await upstream.stop();
  },
});

test('Enter sends, Shift+Enter breaks the line, and an empty message is not sent', async ({ page, context }) => {
  await page.goto('/');
  const send = page.getByRole('button', { name: 'Send' });
  await field(page).fill('x'); // the button comes alive with the page
  await expect(send).toBeEnabled();
  await choose(page, ECHO);
  await field(page).fill('  \n ');
  await expect(send).toBeDisabled();
  await field(page).press('Enter');
  await field(page).fill('');
  await field(page).press('Enter');
  await expect(questions(page).or(unsent(page))).toHaveCount(0);
  expect(await context.cookies()).toEqual([]);

  await field(page).pressSequentially('one');
  await field(page).press('Shift+Enter');
  await field(page).pressSequentially('two');
  await expect(field(page)).toHaveValue('one\ntwo');
  await field(page).press('Enter');
  await expect(questions(page)).toHaveText('one\ntwo', { useInnerText: true });
  await expect(field(page)).toHaveValue('');
  await expect(field(page)).toBeFocused();
  await expect(lastAnswer(page)).toHaveText('one\ntwo', { useInnerText: true });
});

test('↑ and ↓ step through sent messages, and leave a draft alone', async ({ page }) => {
  const { api, id } = await atConversation(page);
  await api.ask(id, 'two\nlines', 'echo');
  await api.settled(id);
  await write(page, 'the last');
  await expect(lastAnswer(page)).toHaveText('the last');

  await field(page).press('ArrowDown');
  await expect(field(page)).toHaveValue('');
  for (const text of ['the last', 'two\nlines']) {
    await field(page).press('ArrowUp');
    await expect(field(page)).toHaveValue(text);
  }
  // In a text of several lines, the arrows move the caret.
  await field(page).press('ArrowUp');
  await expect(field(page)).toHaveValue('two\nlines');
  for (const text of ['before', 'before']) {
    await field(page).press('ArrowUp');
    await expect(field(page)).toHaveValue(text);
  }
  for (const text of ['two\nlines', 'the last', '', '']) {
    await field(page).press('ArrowDown');
    await expect(field(page)).toHaveValue(text);
  }

  // A sent text that was changed is a draft, and so is a typed text.
  await field(page).press('ArrowUp');
  await field(page).pressSequentially('!');
  await field(page).press('ArrowUp');
  await expect(field(page)).toHaveValue('the last!');
  await field(page).fill('a draft');
  for (const key of ['ArrowUp', 'ArrowDown', 'Home', 'ArrowUp']) await field(page).press(key);
  await expect(field(page)).toHaveValue('a draft');
  await page.reload();
  await expect(statusText(page)).toHaveText('Connected');
  await expect(field(page)).toHaveValue('a draft');

  // A sent text can be sent again unchanged.
  await field(page).fill('');
  await field(page).press('ArrowUp');
  await field(page).press('Enter');
  await expect(questions(page)).toHaveText(['before', 'two\nlines', 'the last', 'the last'], { useInnerText: true });
});

test('with the other setting, Enter breaks the line and Ctrl+Enter sends', async ({ page }) => {
  await page.goto('/settings/account');
  const setting = page.getByRole('group', { name: 'Writing' });
  await expect(setting.getByRole('radio', { name: 'Enter sends', exact: true })).toBeChecked();
  await setting.getByText('Ctrl Enter sends').click();
  await expect(setting).toContainText('Enter breaks the line.');
  await page.goto('/');
  await field(page).fill('x');
  await expect(page.getByRole('button', { name: 'Send' })).toBeEnabled();
  await expect(field(page)).toHaveAccessibleDescription(/Ctrl Enter sends/);
  await choose(page, ECHO);
  await field(page).fill('');
  await field(page).pressSequentially('one');
  await field(page).press('Enter');
  await field(page).press('Shift+Enter');
  await field(page).pressSequentially('two');
  await expect(field(page)).toHaveValue('one\n\ntwo');
  await page.getByRole('main').focus();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet.getByRole('definition').nth(0)).toHaveText('CtrlEnter');
  await page.keyboard.press('Escape');
  await field(page).press('Control+Enter');
  await expect(questions(page)).toHaveText('one\n\ntwo', { useInnerText: true });

  // The editor of a message uses the same keys.
  await questions(page).hover();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  const editor = page.getByRole('textbox', { name: 'Edit your message' });
  await editor.fill('three');
  await editor.press('Enter');
  await expect(editor).toHaveValue('three\n');
  await editor.press('Control+Enter');
  await expect(questions(page)).toHaveText(/^three/);

  await page.goto('/settings/account');
  await expect(setting.getByRole('radio', { name: 'Ctrl Enter sends' })).toBeChecked();
  await setting.getByText('Enter sends', { exact: true }).click();
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Connected');
  await write(page, 'As before', ECHO);
  await expect(questions(page)).toHaveText('As before');
});

test('the button sends', async ({ page }) => {
  await page.goto('/');
  await field(page).fill('By hand');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(questions(page)).toHaveText('By hand');
});

test('text and model chosen before hydration are used', async ({ page }) => {
  let wake = (): void => undefined;
  const held = new Promise<void>((resolve) => (wake = resolve));
  await page.route(/\.wasm$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/');
  await field(page).fill('Early bird');
  await model(page).click();
  wake();
  await pick(page, ECHO);
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(lastAnswer(page)).toHaveText('Early bird');
});

test('Stop ends the answer and keeps its text', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Count.', 'echo-3000-10');
  await page.goto(`/c/${id}`);
  await seenGrowing(lastAnswer(page));
  await page.getByRole('button', { name: 'Stop the answer' }).click();
  await expect(answers(page).getByText('Stopped.')).toBeVisible();
  await api.settled(id);
  const answer = await api.answer(id);
  expect(answer.status).toBe('stopped');
  await expect(lastAnswer(page)).toHaveText(answer.content.trim());
});

test('a message written during an answer waits for its end', async ({ page }) => {
  await page.goto('/');
  const long = distinctWords(150);
  await write(page, long, ECHO);
  await seenGrowing(lastAnswer(page), 1);
  await field(page).fill('And then');
  await expect(page.getByRole('button', { name: 'Queue' })).toBeEnabled();
  await field(page).press('Enter');
  await expect(unsent(page)).toContainText('Queued · will be sent when this answer is finished');
  await expect(questions(page)).toHaveText([long, 'And then']);
  await expect(answers(page)).toHaveCount(2);
  await expect(lastAnswer(page)).toHaveText('And then');
});

test('messages written during an outage are queued, and sent once and in order after it', async ({ page, server, allow }) => {
  const { api, id } = await atConversation(page);

  allow(NO_CONNECTION);
  await server.kill();
  await write(page, 'first');
  await write(page, 'second');
  await expect(statusText(page)).toHaveText(RECONNECTING);
  await expect(unsent(page)).toHaveCount(2);
  for (const [index, text] of ['first', 'second'].entries()) {
    await expect(unsent(page).nth(index)).toContainText(text);
    await expect(unsent(page).nth(index)).toContainText('Queued · will be sent when you are back');
  }

  await server.restart();
  await isBack(page);
  await expect(questions(page)).toHaveText(['before', 'first', 'second']);
  await expect(lastAnswer(page)).toHaveText('second');
  await expect(unsent(page)).toHaveCount(0);
  await api.settled(id);
  const kept = (await api.messages(id)).map(({ role, content }) => `${role}: ${content}`);
  expect(kept).toEqual(['before', 'first', 'second'].flatMap((text) => [`user: ${text}`, `assistant: ${text}`]));
});

test('a first message waits during an outage too, and survives a reload', async ({ page, server, allow }) => {
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await choose(page, ECHO);
  allow(NO_CONNECTION);
  await server.kill();
  await write(page, 'Into the void');
  await expect(unsent(page)).toContainText('Queued');
  await server.restart();
  await page.reload();
  await isBack(page);
  await expect(questions(page)).toHaveText('Into the void');
  await expect(lastAnswer(page)).toHaveText('Into the void');
});

test('a queued message can be withdrawn', async ({ page, server, allow }) => {
  const { api, id } = await atConversation(page);
  allow(NO_CONNECTION);
  await server.kill();
  await write(page, 'Better not');
  await unsent(page).getByRole('button', { name: 'Take back' }).click();
  await expect(unsent(page)).toHaveCount(0);
  await expect(field(page)).toHaveValue('Better not');
  await server.restart();
  await isBack(page);
  await expect(questions(page)).toHaveText(['before']);
  expect(await api.messages(id)).toHaveLength(2);
});

test.describe('with a limit of 2 KB for a message', () => {
  test.use({ settings: { HOLDFAST_MESSAGE_KIB: '2' } });

  test('the page applies the limit', async ({ page }) => {
    await page.goto('/');
    await field(page).fill('x'.repeat(2049));
    await expect(page.getByText('Too long by 1 KB. A message may have 2 KB.')).toBeVisible();
    await field(page).fill('x'.repeat(2048));
    await expect(page.getByText('Too long by')).toHaveCount(0);
  });
});

test('a text that is too long is not sent, says by how much, and stays in the field', async ({ page, context }) => {
  await page.goto('/');
  const limit = page.getByText('Too long by 2 KB. A message may have 256 KB.');
  const text = 'é'.repeat(128 * 1024 + 600); // of two bytes each
  await field(page).fill(text);
  await expect(limit).toBeVisible();
  await expect(field(page)).toHaveAccessibleDescription(/^Too long by 2 KB/);
  await expect(page.getByRole('status').filter({ hasText: 'Too long' })).toHaveCount(1);
  await expect(page.getByRole('button', { name: 'Send' })).toBeDisabled();
  await field(page).press('Enter');
  await expect(field(page)).toHaveValue(text);
  await field(page).fill(text.slice(0, 128 * 1024));
  await expect(limit).toBeHidden();
  await expect(field(page)).toHaveAccessibleDescription('Enter sends');
  await expect(page.getByRole('button', { name: 'Send' })).toBeEnabled();
  expect(await context.cookies()).toEqual([]);
});

test.describe('refused', () => {
  test.use({
    settings: async ({ upstream }, use) => {
      upstream.isLlamaCpp = true; // others are asked for models that they do not list
      await use({ OPENAI_BASE_URL: upstream.url });
    },
  });

  /** Messages go to a model that existed when the page was loaded, and no longer does. */
  const REASON = 'The provider `openai` has no model `gone-tomorrow`.';
  test.beforeEach(async ({ page, server, upstream, allow }) => {
    await page.goto('/');
    await field(page).fill('To whom it may concern');
    await expect(page.getByRole('button', { name: 'Send' })).toBeEnabled();
    await choose(page, 'llama.cpp · gone-tomorrow');
    allow(NO_CONNECTION);
    upstream.models = ['here'];
    await server.restart(); // or its list would hold for a while
    await field(page).press('Enter');
    await expect(unsent(page)).toContainText(REASON);
  });

  test('a refused message shows the reason, and can be sent again', async ({ page, upstream, server }) => {
    upstream.models = ['here', 'gone-tomorrow'];
    await server.restart();
    await isBack(page);
    await unsent(page).getByRole('button', { name: 'Send again' }).click();
    await expect(questions(page)).toHaveText('To whom it may concern');
    await expect(unsent(page)).toHaveCount(0);
  });

  test('a refused message can be withdrawn', async ({ page }) => {
    await unsent(page).getByRole('button', { name: 'Take back' }).click();
    await expect(unsent(page)).toHaveCount(0);
    await expect(field(page)).toHaveValue('To whom it may concern');
  });

  test('a withdrawn message can be sent to another model', async ({ page }) => {
    await unsent(page).getByRole('button', { name: 'Take back' }).click();
    await choose(page, ECHO);
    await field(page).press('Enter');
    await expect(lastAnswer(page)).toHaveText('To whom it may concern');
  });
});

test('a message to a deleted conversation is not lost', async ({ page, context, server, allow }) => {
  const { api, id } = await atConversation(page);
  allow(NO_CONNECTION);
  allow(/status of 404/); // which is how it learns
  // This page is offline; another device deletes the conversation.
  await context.setOffline(true);
  await server.restart();
  await expect(statusText(page)).toHaveText(/^Offline/);
  await write(page, 'What I took an hour to write');
  await api.delete(id);
  await context.setOffline(false);
  // The message starts a new conversation, as after restoring a backup without the old one.
  await expect(page.getByRole('article', { name: 'You' }).getByText('What I took an hour to write')).toBeVisible();
  await expect(page).not.toHaveURL(new RegExp(id));
  await page.reload();
  await expect(page.getByRole('article', { name: 'You' }).getByText('What I took an hour to write')).toBeVisible();
});
