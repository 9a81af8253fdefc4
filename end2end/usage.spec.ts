/** Prices, the cost of answers, what was used in a month, and budgets. */
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { expectNoFindings } from './support/axe.ts';
import { answers, field, statusText, write } from './support/chat.ts';
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

const ada = { username: 'ada', password: 'correct horse battery' };
const tiny = (upstream: Upstream): string => `${new URL(upstream.url).host} · tiny`;
const warning = (page: Page) => page.getByRole('main').getByRole('status').filter({ hasText: /of this month's budget used$/ });

test('a price that an administrator sets shows with an answer, in the sheet and in the month', async ({ page, context, server, upstream }) => {
  await Api.claim(context.request, server, ada);
  await page.goto('/settings/providers');
  await page.getByLabel('Provider (its name in the list above)').fill('openai');
  await page.getByLabel(/^Currency/).fill('eur');
  await page.getByLabel('A million tokens of input').fill('a lot');
  await page.getByLabel('A million tokens of output').fill('2000000,5');
  await page.getByRole('button', { name: 'Save price' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Write prices as numbers' })).toBeVisible();
  await page.getByLabel('A million tokens of input').fill('1000000');
  await page.getByRole('button', { name: 'Save price' }).click();
  await expect(page.getByText('Saved.', { exact: true })).toBeVisible();
  const prices = page.getByRole('list', { name: 'Prices' });
  await expect(prices).toContainText('1000000 input, 2000000.5 output (EUR)');
  await expectNoFindings(page);

  await page.goto('/');
  await write(page, 'How much?', tiny(upstream));
  await expect(answers(page)).toContainText('Hello from there.');
  const details = answers(page).getByRole('button', { name: /tokens$/ });
  await details.click();
  await expect(answers(page).getByRole('status')).toHaveText(/^Read about \d+ tokens, wrote about 5\. Cost: about EUR \d+\.\d\d\.$/);
  await expect(details).toHaveAttribute('aria-expanded', 'true');
  await expectNoFindings(page);
  await page.getByRole('button', { name: 'Settings of this conversation' }).click();
  await expect(page.getByRole('complementary')).toContainText(/Used so far: about \d+ tokens, about EUR \d+\.\d\d/);

  await page.goto('/settings/usage');
  const own = page.getByRole('region', { name: 'Your usage by model' });
  await expect(own.getByRole('row').nth(1)).toContainText(/tiny1about \d+about 5about EUR/);
  await expect(page.getByRole('region', { name: 'All users' })).toContainText('ada');
  await expectNoFindings(page);
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as CSV' }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toMatch(/^usage-\d{4}-\d\d\.csv$/);
  expect(await readFile(await saved.path(), 'utf8')).toMatch(/,ada,admin,openai,tiny,1,\d+,0,5,0,\d+\.\d{9},EUR,1\r\n$/);
  await page.getByLabel('Month', { exact: true }).fill('2020-01');
  await page.getByLabel('Month', { exact: true }).dispatchEvent('change');
  await expect(page.getByText('Nothing was used in this month.')).toHaveCount(2);

  // Prices can be removed; the answer keeps its cost.
  await page.goto('/settings/providers');
  await prices.getByRole('button').click();
  await expect(prices).toBeHidden();
});

test('a budget is set on the page, warns at 80 % and refuses when it is used up', async ({ page, context, server, upstream }) => {
  const api = await Api.claim(context.request, server, ada);
  await page.goto('/');
  await write(page, 'One', tiny(upstream));
  await expect(answers(page)).toContainText('Hello from there.');
  await expect(answers(page).getByRole('button', { name: /tokens$/ })).toBeVisible();
  const conversation = page.url();
  const headers = { authorization: `Bearer ${api.token}` };
  const month = async (): Promise<{ total: { input_tokens: number; output_tokens: number } }> => (await context.request.get('/api/usage', { headers })).json();
  const { total } = await month();
  const used = total.input_tokens + total.output_tokens;

  await page.goto('/settings/usage');
  await page.getByLabel('Tokens for each account').fill(String(used + 2));
  await page.getByLabel('Money for each guest').fill('2.50');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByText('Changed.')).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Money for each guest')).toHaveValue('2.5');
  await expect(page.getByRole('status').filter({ hasText: 'of your budget for this month is used' })).toContainText(`${used} of ${used + 2} tokens`);
  await expectNoFindings(page);

  await page.goto(conversation);
  await expect(statusText(page)).toHaveText('Connected');
  await expect(warning(page)).toBeVisible();
  await expectNoFindings(page);
  await write(page, 'Two');
  await expect(answers(page).last()).toContainText('What is left of your budget for this month is too little');

  await page.goto('/settings/usage');
  await page.getByLabel('Name of the user').fill('nobody');
  await page.getByLabel('Tokens a month').fill(String(used));
  await page.getByRole('button', { name: 'Set budget' }).click();
  await expect(page.getByText('No user has this name.')).toBeVisible();
  await page.getByLabel('Name of the user').fill('ada');
  await page.getByRole('button', { name: 'Set budget' }).click();
  await expect(page.getByText('The budget of ada is changed.')).toBeVisible();
  await expect(page.getByRole('list', { name: 'Budgets of single users' })).toContainText('ada');
  await page.goto(conversation);
  await expect(statusText(page)).toHaveText('Connected');
  await write(page, 'Three');
  await expect(page.getByText(/Your budget for this month is used up\. It starts again on \d{4}-\d\d-01/).first()).toBeVisible();
  await expect(field(page)).toBeVisible();
});
