/** Providers that administrators add, their visibility, and users' own keys. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { certify } from './support/certificate.ts';
import { lastAnswer, model, models, statusText, write } from './support/chat.ts';
import { expect, test as base } from './support/server.ts';
import { Upstream } from './support/upstream.ts';

const ada = { username: 'ada', password: 'correct horse battery' };
const bob = { username: 'bob', password: 'another horse battery' };

const test = base.extend<{ upstream: Upstream }>({
  upstream: async ({}, use) => {
    const upstream = await Upstream.start(['small', 'big'], ['sk-server-good', 'sk-bob-good']);
    await use(upstream);
    await upstream.stop();
  },
});

const row = (page: Page, name: string) => page.getByRole('list', { name: 'Providers' }).getByRole('listitem').filter({ hasText: name }).first();

/** Returns the models that can be chosen, by provider. */
async function offered(page: Page): Promise<string[]> {
  await model(page).click();
  await expect(models(page).getByRole('option', { selected: true })).toBeVisible();
  const groups = await models(page).getByRole('group').all();
  const names = groups.map(async (group) => {
    const provider = await group.getAttribute('aria-label');
    return (await group.getByRole('option').allTextContents()).map((own) => `${provider} · ${own}`);
  });
  const all = (await Promise.all(names)).flat();
  await page.keyboard.press('Escape');
  return all;
}

async function add(page: Page, upstream: Upstream, key: string): Promise<void> {
  await page.goto('/settings/providers');
  await page.getByLabel('Name, such as groq').fill('groq');
  await page.getByLabel("Address (empty: the vendor's)", { exact: true }).fill(upstream.url);
  await page.getByLabel('Key, if it needs one').fill(key);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(row(page, 'groq')).toContainText('its key is stored');
}

test('an administrator adds, tests and corrects a provider, and makes it visible to some users', async ({ page, context, browser, server, upstream, allow }) => {
  await Api.claim(context.request, server, ada);
  await add(page, upstream, 'sk-server-wrong');
  await expect(row(page, 'groq')).toContainText('was refused');
  await page.getByRole('button', { name: 'Test groq' }).click();
  await expect(row(page, 'groq').getByRole('alert')).toContainText('was refused');

  await page.getByText('Change groq').click();
  await row(page, 'groq').getByLabel('New key (empty: unchanged)').fill('sk-server-good');
  await row(page, 'groq').getByRole('button', { name: 'Keep', exact: true }).click();
  await expect(row(page, 'groq').getByText('2 models')).toBeVisible();
  await page.getByRole('button', { name: 'Test groq' }).click();
  await expect(row(page, 'groq').getByRole('status')).toContainText(/^small answered within .* “Hello from there\.”$/);

  // Its visibility.
  await row(page, 'groq').getByText('2 models').click();
  await page.getByLabel('Who may use big').selectOption({ label: 'Administrators' });
  const elsewhere = await browser.newContext({ baseURL: server.url });
  await Api.guest(elsewhere.request, server.url);
  const other = await elsewhere.newPage();
  await expect
    .poll(async () => {
      await other.goto('/');
      return offered(other);
    })
    .toEqual(['groq · small', 'Built-in · quote', 'Built-in · echo']);
  await page.getByLabel('Who may use groq').selectOption({ label: 'Users with an account' });
  await page.getByLabel('Who may use big').selectOption({ label: 'Same as the provider' });
  await expect
    .poll(async () => {
      await other.goto('/');
      return offered(other);
    })
    .toEqual(['Built-in · quote', 'Built-in · echo']);
  await elsewhere.close();

  await page.goto('/');
  await expect(statusText(page)).toHaveText('Connected');
  await write(page, 'Hello?', 'groq · big');
  await expect(lastAnswer(page)).toHaveText('Hello from there.');

  // The key was sent to the provider only.
  await page.goto('/settings/providers');
  await expect(row(page, 'groq')).toContainText('its key is stored');
  await page.getByText('Change groq').click();
  await expect(row(page, 'groq').getByLabel('New key (empty: unchanged)')).toHaveValue('');
  expect(await page.content()).not.toContain('sk-server');
  expect(server.log).not.toContain('sk-server');
  expect(new Set(upstream.used)).toEqual(new Set(['sk-server-good']));

  await page.getByRole('button', { name: 'Remove groq' }).click();
  await expect(page.getByRole('button', { name: 'Remove groq' })).toHaveCount(0);
  allow(/status of 400/);
  await page.getByLabel('Name, such as groq').fill('Not a name');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'a-z, 0-9' })).toBeVisible();
});

test('a user adds an own key if the administrator allows it', async ({ page, context, browser, server, upstream }) => {
  await Api.claim(context.request, server, ada);
  await add(page, upstream, 'sk-server-good');
  await page.getByLabel('Who may use groq').selectOption({ label: 'Administrators' });
  await row(page, 'groq').getByLabel('Users may bring their own keys').check();

  const elsewhere = await browser.newContext({ baseURL: server.url });
  await Api.signUp(elsewhere.request, bob, server.url);
  const other = await elsewhere.newPage();
  await expect(async () => {
    await other.goto('/settings/models');
    await expect(other.getByText('You have no key here.')).toBeVisible({ timeout: 2_000 });
  }).toPass();
  const own = other.getByRole('list', { name: 'Your own keys' }).getByRole('listitem');
  await own.getByLabel('Your key for groq', { exact: true }).fill('sk-bob-wrong');
  await own.getByRole('button', { name: 'Keep' }).click();
  await expect(own).toContainText('Your key is stored');
  await own.getByRole('button', { name: 'Test your key for groq' }).click();
  await expect(own.getByRole('alert')).toContainText('Your key for `groq` was refused');
  await own.getByLabel('Your key for groq', { exact: true }).fill('sk-bob-good');
  await own.getByRole('button', { name: 'Keep' }).click();
  await expect(own.getByRole('alert')).toHaveText('');
  await own.getByRole('button', { name: 'Test your key for groq' }).click();
  await expect(own.getByRole('status')).toContainText('small answered');

  await other.goto('/');
  await expect(statusText(other)).toHaveText('Connected');
  await write(other, 'Hello?', 'groq · small');
  await expect(lastAnswer(other)).toHaveText('Hello from there.');
  expect(new Set(upstream.used)).toEqual(new Set(['sk-bob-good']));
  expect(server.log).not.toContain('sk-bob');

  await other.goto('/settings/models');
  await own.getByRole('button', { name: 'Forget your key for groq' }).click();
  await expect(own).toContainText('You have no key here.');
  await other.goto('/');
  await expect.poll(() => offered(other)).not.toContain('groq · big');
  await elsewhere.close();
});

test('an own key is not used until its owner has seen to which address it would be sent', async ({ page, context, browser, server, upstream }) => {
  await Api.claim(context.request, server, ada);
  await add(page, upstream, 'sk-server-good');
  await row(page, 'groq').getByLabel('Users may bring their own keys').check();
  const elsewhere = await browser.newContext({ baseURL: server.url });
  await Api.signUp(elsewhere.request, bob, server.url);
  const other = await elsewhere.newPage();
  const own = other.getByRole('list', { name: 'Your own keys' }).getByRole('listitem');
  await expect(async () => {
    await other.goto('/settings/models');
    await expect(own).toContainText('You have no key here.', { timeout: 2_000 });
  }).toPass();
  await own.getByLabel('Your key for groq', { exact: true }).fill('sk-bob-good');
  await own.getByRole('button', { name: 'Keep' }).click();
  await expect(own).toContainText('Your key is stored');

  const moved = await Upstream.start(['small'], ['sk-bob-good']);
  await page.goto('/settings/providers');
  await page.getByText('Change groq').click();
  await row(page, 'groq').getByLabel("Address (empty: the vendor's)").fill(moved.url);
  await row(page, 'groq').getByRole('button', { name: 'Keep', exact: true }).click();
  await expect(row(page, 'groq')).toContainText(new URL(moved.url).port);

  const origin = new URL(moved.url).origin;
  await other.reload();
  await expect(own).toContainText(`changed this provider's address to ${origin}. Your key is not sent there until you confirm it`);
  expect(moved.used).toEqual([]);
  await own.getByRole('button', { name: 'Send my key there: to the new address of groq' }).click();
  await expect(own).toContainText('Your key is stored');
  await own.getByRole('button', { name: 'Test your key for groq' }).click();
  await expect(own.getByRole('status')).toContainText('small answered');
  expect(moved.used).toEqual(['sk-bob-good']);
  await elsewhere.close();
  await moved.stop();
});

test('a provider with an untrusted certificate receives neither the key nor messages', async ({ page, context, server }, info) => {
  await Api.claim(context.request, server, ada);
  const [cert, key] = [info.outputPath('cert.pem'), info.outputPath('key.pem')];
  await mkdir(dirname(cert), { recursive: true });
  await certify(cert, key);
  const forged = await Upstream.start(['small'], [], { cert: await readFile(cert), key: await readFile(key) });
  await page.goto('/settings/providers');
  await page.getByLabel('Name, such as groq').fill('groq');
  await page.getByLabel("Address (empty: the vendor's)", { exact: true }).fill(forged.url);
  await page.getByLabel('Key, if it needs one').fill('sk-a-real-key');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('button', { name: 'Test groq' }).click();
  await expect(row(page, 'groq').getByRole('alert')).toContainText('shows a certificate that is self-signed');
  expect(forged.heard).toBe(0);
  await forged.stop();
});
