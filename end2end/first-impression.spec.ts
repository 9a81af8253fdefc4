/** What somebody sees first with a model of their own: what to ask, who answers, and plain titles. */
import { field, heading, item, model, NO_CONNECTION, openList, statusText, unsent, write } from './support/chat.ts';
import { expect, test as base } from './support/server.ts';
import { Upstream } from './support/upstream.ts';

const test = base.extend<{ upstream: Upstream }>({
  upstream: async ({}, use) => {
    const upstream = await Upstream.start(['tiny']);
    upstream.isLlamaCpp = true;
    await use(upstream);
    await upstream.stop();
  },
  settings: async ({ upstream }, use) => use({ OPENAI_BASE_URL: upstream.url }),
});

test('a connected model is named by its program, and the suggestions are general', async ({ page }) => {
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await expect(model(page)).toHaveText('Model: llama.cpp · tiny');
  const suggestions = page.getByRole('main').getByRole('listitem');
  await expect(suggestions).toHaveCount(3);
  await expect(page.getByRole('main')).not.toContainText(/Ollama|OpenAI|Holdfast's manual/);
  await suggestions.getByRole('button').first().click();
  await expect(field(page)).toHaveValue('Explain black holes to a ten-year-old');
});

base('the built-in provider suggests what it knows', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'How do I connect Ollama?' })).toBeVisible();
});

test.describe('in German', () => {
  test.use({ locale: 'de-DE' });

  test('the suggestions are German', async ({ page }) => {
    await page.goto('/');
    await expect(page.getByRole('button', { name: 'Plane fünf Abendessen, für die ein Topf reicht' })).toBeVisible();
  });
});

test('a title has no Markdown, before the server knows the message and after', async ({ page }) => {
  await page.goto('/');
  await write(page, 'Fix **this**: ```js\nconst a = 1;\n```');
  await expect(heading(page)).toHaveText('Fix this: const a = 1;');
  await openList(page);
  await expect(item(page, 'Fix this: const a = 1;')).toBeVisible();
});

test('a message that waits shows its code blocks and its title as it will once it is sent', async ({ page, context, allow }) => {
  allow(NO_CONNECTION);
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await write(page, 'First');
  await expect(page.getByRole('article', { name: 'Answer' })).toHaveCount(1);
  await context.setOffline(true);
  await field(page).fill('Fix *this*:\n```js\nconst a = 1;\n```');
  await field(page).press('Enter');
  await expect(unsent(page).locator('pre code')).toHaveText('const a = 1;');
  await expect(unsent(page)).not.toContainText('```');
});
