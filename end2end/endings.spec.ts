/** An answer shows how it ended, what to do then, and what was not sent to the model. */
import { Api } from './support/api.ts';
import { answers, ECHO, pick, statusText, write } from './support/chat.ts';
import { expect, test as base } from './support/server.ts';
import { Upstream } from './support/upstream.ts';

const test = base.extend<{ upstream: Upstream }>({
  upstream: async ({}, use) => {
    const upstream = await Upstream.start(['gpt-small']);
    await use(upstream);
    await upstream.stop();
  },
  settings: async ({ upstream }, use) => use({ OPENAI_BASE_URL: upstream.url }),
});

test('an answer says which messages the model did not see', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('A long one', 6, 'The tide turns.', { left_out: 3 });
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  const sentence = 'The first 3 messages were left out, because the conversation does not fit the model\'s window.';
  await expect(answers(page).last().getByText(sentence)).toBeVisible();
  await expect(page.getByText('left out')).toHaveCount(1);
});

test('an answer says what it waits for until its text comes', async ({ page, upstream }) => {
  upstream.isLoading = true;
  await page.goto('/');
  await write(page, 'Are you there?');
  const waiting = answers(page).getByText('The provider `openai` is loading the model. That can take minutes.');
  await expect(waiting).toBeVisible();
  upstream.isLoading = false;
  await expect(answers(page)).toContainText('Hello from there.');
  await expect(waiting).toHaveCount(0);
});

test('an answer that another model may do better offers to choose one', async ({ page, upstream }) => {
  upstream.speech = { pieces: ['It begins'], every: 0 };
  upstream.finish = 'content_filter';
  await page.goto('/');
  await write(page, 'Say something.');
  const answer = answers(page).last();
  await expect(answer.getByText('held back the rest because of its rules on content')).toBeVisible();
  await expect(answer.getByRole('button', { name: 'Continue', exact: true })).toBeVisible();
  await answer.getByRole('button', { name: 'Choose another model', exact: true }).click();
  await pick(page, ECHO);
  await expect(answers(page).last()).toContainText('Say something.');
  await expect(page.getByRole('button', { name: 'Choose another model', exact: true })).toHaveCount(0);
});

test('an answer that reached a limit offers to continue, and no other model', async ({ page, upstream }) => {
  upstream.finish = 'length';
  await page.goto('/');
  await write(page, 'Go on and on.');
  await expect(answers(page).getByRole('button', { name: 'Continue', exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Choose another model', exact: true })).toHaveCount(0);
});

test.describe('in German', () => {
  test.use({ locale: 'de-DE' });

  test('an answer says why it ended and what to do, and can be continued', async ({ page, upstream }) => {
    upstream.speech = { pieces: ['Die Flut kommt'], every: 0 };
    upstream.finish = 'length';
    await page.goto('/');
    await expect(statusText(page)).toHaveText('Bereit');
    await page.getByRole('textbox', { name: 'Nachricht' }).fill('Wann kommt die Flut?');
    await page.getByRole('button', { name: 'Senden' }).click();
    const answer = page.getByRole('article', { name: 'Antwort' });
    const why = answer.getByText('Das Modell hat die Grenze seiner Ausgabe erreicht. Lass es weiterschreiben, oder bitte um eine kürzere Antwort.');
    await expect(why).toBeVisible();
    await expect(answer.getByText('Die Flut kommt')).toBeVisible();
    await page.reload();
    await expect(why).toBeVisible();
    upstream.speech = { pieces: [' am Abend.'], every: 0 };
    upstream.finish = 'stop';
    await expect(statusText(page)).toHaveText('Verbunden');
    await answer.getByRole('button', { name: 'Weiter', exact: true }).click();
    await expect(answer.getByText('Die Flut kommt am Abend.')).toBeVisible();
    await expect(why).toHaveCount(0);
  });

  test('an answer says which messages the model did not see', async ({ page, context }) => {
    const api = await Api.guest(context.request);
    const id = await api.bring('Eine lange', 4, 'Ebbe.', { left_out: 1 });
    await page.goto(`/c/${id}`);
    const sentence = 'Die erste Nachricht wurde ausgelassen, weil die Unterhaltung nicht in das Kontextfenster des Modells passt.';
    await expect(page.getByRole('article', { name: 'Antwort' }).last().getByText(sentence)).toBeVisible();
  });
});
