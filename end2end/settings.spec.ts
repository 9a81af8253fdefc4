/** Settings of answers: the sheet beside a conversation, and the defaults in the settings. */
import type { Locator, Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { expectNoFindings } from './support/axe.ts';
import { answers, choose, field, statusText, write } from './support/chat.ts';
import { expect, test as base } from './support/server.ts';
import { Upstream } from './support/upstream.ts';

const test = base.extend<{ upstream: Upstream }>({
  upstream: async ({}, use) => {
    const upstream = await Upstream.start(['tiny']);
    await use(upstream);
    await upstream.stop();
  },
  settings: async ({ upstream }, use) => use({ OPENAI_BASE_URL: upstream.url }),
});

const NAME = 'Settings of this conversation';
const opener = (page: Page): Locator => page.getByRole('button', { name: NAME });
const sheet = (page: Page): Locator => page.getByRole('complementary', { name: NAME });
const instructions = (page: Page): Locator => sheet(page).getByLabel('Instructions');
const saved = (page: Page): Locator => sheet(page).getByRole('status');

test('settings of a new conversation apply from its first message on, and are kept', async ({ page }) => {
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await opener(page).click();
  await instructions(page).fill('Be kind.');
  await expect(saved(page)).toHaveText('Saved');
  await sheet(page).getByText('low', { exact: true }).click();
  await expect(sheet(page).getByRole('radio', { name: 'low' })).toBeChecked();
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toBeHidden();
  await expect(opener(page)).toBeFocused();

  await write(page, 'Who are you?');
  await expect(answers(page)).toContainText('Hello from there.');
  await page.reload();
  await expect(statusText(page)).toHaveText('Connected');
  await opener(page).click();
  await expect(instructions(page)).toHaveValue('Be kind.');
  await expect(sheet(page).getByRole('radio', { name: 'low' })).toBeChecked();
  await sheet(page).getByRole('button', { name: 'Reset' }).first().click();
  await expect(instructions(page)).toHaveValue('');
  await expectNoFindings(page);
});

test('a value says where it comes from, and what a model does not accept is grey', async ({ page, upstream }) => {
  const api = await Api.guest(page.context().request);
  const id = await api.begin('before');
  await api.settled(id);
  await page.goto('/settings/models');
  await expect(page.getByRole('heading', { name: 'Your defaults' })).toBeVisible();
  await page.getByLabel('Instructions').fill('Answer briefly.');
  await expect(page.getByRole('main').getByRole('status').last()).toHaveText('Saved');
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await opener(page).click();
  // The built-in model accepts no settings.
  await expect(instructions(page)).toBeDisabled();
  await expect(instructions(page)).toHaveValue('Answer briefly.');
  await expect(sheet(page)).toContainText('The model echo does not accept this, so it is left out.');
  await expect(sheet(page)).toContainText('from your defaults');

  if (page.viewportSize()!.width > 640) {
    await choose(page, `${new URL(upstream.url).host} · tiny`);
    await expect(instructions(page)).toBeEnabled();
    await sheet(page).getByRole('button', { name: 'change here' }).first().click();
    await expect(instructions(page)).toBeFocused();
  }
});

test('a value that is out of bounds is not saved, and the sheet says why', async ({ page, upstream, allow }) => {
  allow(/status of 400/);
  const api = await Api.guest(page.context().request);
  const id = await api.begin('before');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await choose(page, `${new URL(upstream.url).host} · tiny`);
  await opener(page).click();
  await sheet(page).getByLabel('Context window (tokens)').fill('3');
  await expect(saved(page)).toHaveText(/^Not saved: The setting `context_tokens` must be from 512/);
  await sheet(page).getByLabel('Context window (tokens)').fill('2048');
  await expect(saved(page)).toHaveText('Saved');
  await sheet(page).getByRole('slider', { name: /^Temperature/ }).fill('0.3');
  await expect(saved(page)).toHaveText('Saved');
  await expect(sheet(page).getByText('Temperature · 0.3')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toBeHidden();
  await expect(field(page)).toBeVisible();
});

test('a gauge shows how full the context window is, and the messages that were left out can be shown', async ({ page, upstream }) => {
  const api = await Api.guest(page.context().request);
  const usage = { input_tokens: 1000, output_tokens: 24 };
  const id = await api.bring('A long matter', 6, 'An answer.', { provider: 'openai', model: 'tiny', usage, left_out: 2 });
  const headers = { authorization: `Bearer ${api.token}` };
  const window = { settings: { context_tokens: 2048 } };
  expect((await page.context().request.patch(`/api/conversations/${id}`, { headers, data: window })).ok()).toBe(true);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await choose(page, `${new URL(upstream.url).host} · tiny`);
  const gauge = page.getByRole('meter', { name: 'Context window used, in tokens' });
  await expect(gauge).toBeVisible();
  await expect(page.locator('.gauge')).toHaveText('1k of 2k');
  await answers(page).last().getByRole('button', { name: 'Show which' }).click();
  await expect(answers(page).first()).toHaveClass(/marked/);
  await expect(answers(page).first()).toBeInViewport();
});
