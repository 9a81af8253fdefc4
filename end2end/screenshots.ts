/** Takes screenshots of every view of the real program, light and dark, into target/screenshots, and those of the manual also into docs/images. */
import type { Page } from '@playwright/test';
import { copyFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Api } from './support/api.ts';
import {
  answers,
  chooseFromMenu,
  field,
  isBack,
  item,
  lastAnswer,
  model,
  models,
  NO_CONNECTION,
  openList,
  questions,
  RECONNECTING,
  statusText,
  toast,
  unsent,
  write,
} from './support/chat.ts';
import { expect, test } from './support/server.ts';
import { Upstream } from './support/upstream.ts';

const DOCUMENTED = ['first-visit', 'chat', 'reconnecting', 'sign-in'];
const ada = { username: 'ada', password: 'correct horse battery' };
const bob = { username: 'bob', password: 'another horse battery' };

const here = (...path: string[]): string => resolve(import.meta.dirname, ...path);
const isWide = (): boolean => test.info().project.name === 'wide';

async function take(page: Page, name: string): Promise<void> {
  // No element is under the pointer there.
  await page.mouse.move(0, 0);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const path = here('../target/screenshots', `${name}-${test.info().project.name}-${colorScheme}.png`);
    await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
    const suffix = `${isWide() ? '' : '-narrow'}${colorScheme === 'light' ? '' : '-dark'}`;
    if (DOCUMENTED.includes(name)) await copyFile(path, here('../docs/images', `${name}${suffix}.png`));
  }
}

const READING = String.raw`The tide-raising force follows from the difference of two attractions, so it falls with the **cube** of the distance:

$$
a \approx \frac{2 G M r}{d^3}
$$

Here \(M\) is the mass of the other body and \(d\) its distance. That is why the Moon does more than the Sun[^1]:

| body | mass / kg | distance / m | share |
|:-----|----------:|-------------:|------:|
| Moon | 7.35 × 10²² | 3.84 × 10⁸ | 69 % |
| Sun  | 1.99 × 10³⁰ | 1.50 × 10¹¹ | 31 % |

${'```'}rust
/// The tide-raising acceleration, m/s².
fn tide(mass: f64, radius: f64, distance: f64) -> f64 {
    const G: f64 = 6.674e-11;
    2.0 * G * mass * radius / distance.powi(3)
}
${'```'}

What follows:

1. Spring tides come at *full* and *new* moon.
2. Neap tides come between them.
   - [x] seen at Brest
   - [ ] seen at Venice

> The sea does not rise; the Earth turns beneath it.

[^1]: See [a page on tides](https://example.com/tides).`;

test('first visit', async ({ page }) => {
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await take(page, 'first-visit');
  if (!isWide()) {
    await openList(page);
    await take(page, 'list-empty');
  }
});

test('chat', async ({ page, context }) => {
  const api = await Api.signUp(context.request, ada);
  for (const question of ['What happens when my connection drops?', 'Behind nginx, under a sub-path', 'How do I back up the data?']) {
    await api.settled(await api.begin(question, 'quote'));
  }
  await page.goto('/');
  await write(page, 'How do I connect Ollama?', 'Built-in · quote');
  await expect(page).toHaveURL(/\/c\//);
  if (isWide()) await page.getByRole('button', { name: 'Sources', exact: true }).click();
  await write(page, 'And behind nginx?');
  await expect(answers(page)).toHaveCount(2);
  await expect.poll(async () => (await answers(page).last().innerText()).length).toBeGreaterThan(150);
  await expect(statusText(page)).toHaveText('Connected');
  await take(page, 'chat');
  await api.settled(new URL(page.url()).pathname.slice(3));
  await expect(answers(page).last()).toHaveAttribute('data-growing', 'false');
  await take(page, 'chat-finished');
  if (isWide()) return;
  await answers(page).last().getByRole('button', { name: /passages?$/ }).click();
  await take(page, 'sources');
  await page.keyboard.press('Escape');
  await page.reload();
  await expect(statusText(page)).toHaveText('Connected');
  await openList(page);
  await take(page, 'list');
});

test('reading', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('Tides', 2, READING);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await expect(answers(page).locator('math')).toHaveCount(3);
  await answers(page).locator('figure').scrollIntoViewIfNeeded();
  await expect(answers(page).locator('figure span[class^=hljs]').first()).toBeVisible();
  await take(page, 'reading');
  await page.getByRole('region', { name: 'Conversation', exact: true }).evaluate((log) => log.scrollTo(0, 0));
  await take(page, 'reading-top');
  const first = answers(page).getByRole('paragraph').first();
  await first.selectText();
  await expect(page.getByRole('button', { name: 'Quote' })).toBeVisible();
  await take(page, 'quote');
});

test('left out', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.bring('Tides', 6, PROSE, { left_out: 3 });
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await take(page, 'left-out');
});

test('going on', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Name three kinds of tides.', 'echo');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await answers(page).getByRole('button', { name: 'Regenerate', exact: true }).click();
  await expect(answers(page)).toContainText('2/2');
  await expect(answers(page)).toHaveAttribute('data-growing', 'false');
  await take(page, 'branches');
  await questions(page).hover();
  await page.getByRole('button', { name: 'Edit' }).click();
  await expect(page.getByRole('textbox', { name: 'Edit your message' })).toBeFocused();
  await take(page, 'edit');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'More' }).click();
  await take(page, 'menu');
  await page.keyboard.press('Escape');
  await chooseFromMenu(page, 'Rename');
  await take(page, 'rename');
  await page.keyboard.press('Escape');
  await chooseFromMenu(page, 'Share…');
  await page.getByRole('button', { name: 'Create a link' }).click();
  await expect(page.getByLabel('The link', { exact: true })).toBeVisible();
  await take(page, 'share');
  const link = await page.getByLabel('The link', { exact: true }).inputValue();
  await page.keyboard.press('Escape');
  await chooseFromMenu(page, 'Delete');
  await expect(toast(page)).toContainText('Deleted');
  await take(page, 'toast');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page).toHaveURL(`/c/${id}`);
  await page.goto(link);
  await take(page, 'shared');
});

test('finding', async ({ page, context, allow }) => {
  const api = await Api.signUp(context.request, ada);
  for (const question of ['Rust lifetimes', 'A cake without eggs', 'Trains to Vienna', 'Backups']) {
    await api.settled(await api.begin(question, 'quote'));
  }
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Connected');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Command palette' }).getByRole('combobox').fill('ra');
  await expect(page.getByRole('option', { name: /Trains/ })).toBeVisible();
  await take(page, 'palette');
  await page.keyboard.press('Escape');
  await page.getByRole('main').focus();
  await page.keyboard.press('?');
  await take(page, 'keys');
  await page.keyboard.press('Escape');
  await openList(page);
  await page.getByRole('searchbox', { name: 'Search conversations' }).fill('backup');
  await expect(page.getByRole('list', { name: 'Found' }).getByRole('listitem').first()).toBeVisible();
  await take(page, 'search-beside');
  await page.route('**/api/search?*', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...((await response.json()) as object), building: true } });
  });
  await page.getByRole('searchbox', { name: 'Search conversations' }).fill('back');
  await expect(page.getByText('Results are missing')).toBeVisible();
  await take(page, 'search-building');
  await page.getByRole('searchbox', { name: 'Search conversations' }).fill('nothingofthis');
  await expect(page.getByText('Nothing found')).toBeVisible();
  await take(page, 'search-building-nothing');
  await page.unroute('**/api/search?*');
  await page.goto('/search?q=back');
  await expect(page.getByRole('listitem').filter({ hasText: 'Backups' }).first()).toBeVisible();
  await take(page, 'search');
  await page.goto('/search?q=nothingofthis');
  await take(page, 'search-nothing');
  await page.goto('/archived');
  await take(page, 'archived-empty');
  await page.goto('/');
  await openList(page);
  await item(page, 'Backups').click();
  await expect(statusText(page)).toHaveText('Connected');
  await chooseFromMenu(page, 'Archive');
  await expect(toast(page)).toContainText('Archived');
  await page.goto('/archived');
  await expect(page.getByText('Backups')).toBeVisible();
  await take(page, 'archived');
  allow(/status of 404/);
  await page.goto('/nowhere');
  await take(page, 'nowhere');
  await page.goto('/c/00000000-0000-4000-8000-000000000000');
  await expect(page.getByText('This conversation is not here')).toBeVisible();
  await take(page, 'missing');
  await page.goto('/s/nothing');
  await take(page, 'shared-gone');
});

test.describe('many models', () => {
  test.use({
    settings: async ({}, use) => {
      const upstream = await Upstream.start(Array.from({ length: 24 }, (_, n) => `llama-3.${n}-instruct`));
      await use({ OPENAI_BASE_URL: upstream.url });
      await upstream.stop();
    },
  });

  test('models', async ({ page }) => {
    await page.goto('/');
    await expect(statusText(page)).toHaveText('Ready');
    await model(page).click();
    await expect(models(page).getByRole('option')).toHaveCount(26);
    await take(page, 'models');
    await models(page).getByRole('combobox').fill('3.2');
    await take(page, 'models-filtered');
    await models(page).getByRole('combobox').fill('gpt');
    await take(page, 'models-none');
    await page.keyboard.press('Enter');
    await take(page, 'model-typed');
  });
});

const PROSE =
  'Because the pull of the Moon is not the same everywhere. On the side that faces it the sea is nearer than the middle of the Earth, and is pulled more; ' +
  'on the far side it is farther away, and is pulled less. So the water stands higher on both sides, and a place on the turning Earth comes by both heights within a day. ' +
  'A little more than a day, to be exact: the Moon goes on meanwhile, so high water comes some fifty minutes later each day. ' +
  'Where coasts are narrow the wave is led and heightened, and where a sea is closed there is hardly any. '.repeat(3);

test.describe('a model that speaks slowly', () => {
  const withUpstream = test.extend<{ upstream: Upstream }>({
    upstream: async ({}, use) => {
      const upstream = await Upstream.start(['tide-1']);
      upstream.speech = { pieces: PROSE.split(/(?<= )/), every: 40 };
      await use(upstream);
      await upstream.stop();
    },
    settings: async ({ upstream }, use) => use({ OPENAI_BASE_URL: upstream.url }),
  });

  withUpstream('waiting', async ({ page, upstream }) => {
    upstream.isLoading = true;
    await page.goto('/');
    await write(page, 'Why are there two high tides a day?');
    await expect(answers(page)).toContainText('is loading the model');
    await take(page, 'waiting');
  });

  withUpstream('torn', async ({ page, server, allow }) => {
    await page.goto('/');
    await write(page, 'Why are there two high tides a day?');
    await expect.poll(async () => (await lastAnswer(page).innerText()).length).toBeGreaterThan(220);
    allow(NO_CONNECTION);
    await server.kill();
    await write(page, 'And why do they differ from day to day?');
    await expect(statusText(page)).toHaveText(RECONNECTING);
    await expect(unsent(page)).toContainText('Queued');
    await take(page, 'reconnecting');
    await server.restart();
    await isBack(page);
    await expect(answers(page)).toHaveCount(2);
    await take(page, 'interrupted');
  });
});

test('refused', async ({ page, context, allow }) => {
  await Api.guest(context.request);
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Connected');
  await field(page).fill('x'.repeat(270 * 1024));
  await expect(page.getByText(/^Too long by/)).toBeVisible();
  await take(page, 'too-long');
  await field(page).fill('');
  allow(/status of 401/);
  await page.goto('/signin');
  await page.getByLabel('Username').fill('ada');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('Name or password is wrong.');
  await take(page, 'sign-in-refused');
});

test.describe('without guests, by invitation', () => {
  test.use({ settings: { HOLDFAST_GUESTS: 'false', HOLDFAST_SIGNUP: 'invitation', HOLDFAST_LIMIT_MESSAGES: '1' } });

  test('sign-in methods', async ({ page, context, browser, server, allow }) => {
    allow(/status of 4\d\d/);
    await page.goto('/signin');
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeEnabled();
    await take(page, 'sign-in');
    await page.goto('/');
    await expect(page.getByText('to write.')).toBeVisible();
    await take(page, 'first-visit-closed');
    await page.goto('/signup');
    await take(page, 'sign-up-closed');
    await page.goto(await server.claimPath());
    await expect(page.getByRole('button', { name: 'Become the administrator' })).toBeVisible();
    await take(page, 'claim');
    const api = await Api.claim(context.request, server, ada);
    const invitation = await api.invite();
    await page.goto('/settings/people');
    await page.getByLabel('For whom').fill('Class 7');
    await page.getByRole('button', { name: 'Create an invitation' }).click();
    await expect(page.getByLabel('The invitation')).toBeVisible();
    await take(page, 'settings-people-invited');
    const id = await api.begin('Only one a minute', 'echo');
    await api.settled(id);
    await page.goto(`/c/${id}`);
    await expect(statusText(page)).toHaveText('Connected');
    await write(page, 'And a second');
    await expect(unsent(page)).toContainText('will be sent in');
    await take(page, 'limited');
    const elsewhere = await browser.newContext({ baseURL: server.url, viewport: page.viewportSize(), isMobile: !isWide() });
    const other = await elsewhere.newPage();
    await other.goto(invitation);
    await expect(other.getByRole('button', { name: 'Create an account' })).toBeVisible();
    await take(other, 'join');
    await other.goto('/password#a-link-that-is-none');
    await take(other, 'password');
    await elsewhere.close();
  });
});

test('sign up', async ({ page }) => {
  await page.goto('/signup');
  await expect(page.getByRole('button', { name: 'Create an account' })).toBeEnabled();
  await take(page, 'sign-up');
});

test('settings', async ({ page, context, browser, server }) => {
  const api = await Api.claim(context.request, server, ada);
  const elsewhere = await browser.newContext();
  const other = await Api.signUp(elsewhere.request, bob, server.url);
  await other.begin('Count.', 'echo-6000-20');
  await elsewhere.request.post(`${server.url}/api/auth/guest`, { headers: { origin: 'https://evil.example' } });
  await api.settled(await api.begin('Mine', 'echo'));
  for (const section of ['account', 'data', 'models', 'connection', 'people', 'providers', 'limits', 'activity']) {
    await page.goto(`/settings/${section}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    if (section === 'connection') await expect(page.getByText('ms round trip')).toBeVisible();
    else await page.waitForLoadState('networkidle');
    await take(page, `settings-${section}`);
  }
  if (!isWide()) {
    await openList(page);
    await take(page, 'settings-list');
  }
  await elsewhere.close();
});

test.describe('as an app', () => {
  test.use({ serviceWorkers: 'allow' });

  test('without a network', async ({ page, context, server, allow }) => {
    const api = await Api.guest(context.request);
    const id = await api.begin('How do tides work?', 'quote');
    await api.settled(id);
    await page.goto(`/c/${id}`);
    await expect(statusText(page)).toHaveText('Connected');
    const isKept = (path: string): Promise<boolean> => page.evaluate(async (path) => (await caches.match(path)) !== undefined, path);
    await expect.poll(() => isKept(`/c/${id}`), { timeout: 20_000 }).toBe(true);
    await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
    allow(NO_CONNECTION);
    allow(/status of 50\d|Failed to fetch|ERR_FAILED/);
    await server.stop();
    await page.reload();
    await expect(statusText(page)).not.toHaveText('Connected');
    await take(page, 'offline');
    await page.goto('/c/00000000-0000-4000-8000-000000000000');
    await expect(page.getByRole('heading', { name: 'There is no connection' })).toBeVisible();
    await take(page, 'offline-not-kept');
  });
});
