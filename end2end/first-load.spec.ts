/** The first visit loads little, in at most 10 requests. Everything else comes later. */
import { Api } from './support/api.ts';
import { answers, ECHO, field, lastAnswer, log, model, models, openList, pick, questions, statusText, toast, unsent, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

/** See docs/performance.md. */
const BUDGET = 325_000;

test('the first load is small', async ({ page }) => {
  const network = await page.context().newCDPSession(page);
  let bytes = 0;
  const requests: string[] = [];
  network.on('Network.requestWillBeSent', ({ request }) => requests.push(request.url));
  network.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await network.send('Network.enable');
  await page.goto('/', { waitUntil: 'networkidle' });
  await expect(statusText(page)).toHaveText('Ready');
  test.info().annotations.push({ type: 'first load', description: `${Math.round(bytes / 1000)} KB in ${requests.length} requests` });
  expect(bytes, requests.join('\n')).toBeLessThanOrEqual(BUDGET);
  expect(requests.length, requests.join('\n')).toBeLessThanOrEqual(10);
  expect(requests.filter((url) => /lazy_page|conversation_bundle/.test(url))).toEqual([]);
});

test('a button that is pressed before hydration acts after it', async ({ page, context, allow }) => {
  allow(/status of 401/);
  await Api.signUp(context.request, { username: 'ada', password: 'correct horse battery' });
  let go: () => void = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  await page.route(/\.wasm$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/settings/account', { waitUntil: 'commit' });
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page).toHaveURL('/settings/account');
  go();
  await expect(page).toHaveURL('/signin');
});

test('other pages load on first use, and again after a failure', async ({ page, allow }) => {
  allow(/ERR_FAILED|Failed to fetch/);
  await page.route(/lazy_page.*\.wasm/, (route) => route.abort());
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await openList(page);
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { name: 'This page could not be loaded' })).toBeVisible();
  await page.unroute(/lazy_page.*\.wasm/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'Account', exact: true })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeVisible();
});

const TALK = /split_conversation_bundle.*\.wasm/;
const FAILED = /ERR_FAILED|Failed to fetch/;

test('a first message is sent even if the conversation code cannot be loaded, and is shown once it is', async ({ page, allow }) => {
  allow(FAILED);
  await page.route(TALK, (route) => route.abort());
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await write(page, 'Anybody there?');
  await expect(page.getByRole('heading', { name: 'This page could not be loaded' })).toBeVisible();
  await expect(log(page).getByText('Anybody there?')).toHaveCount(1);
  await page.unroute(TALK);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(questions(page)).toHaveText('Anybody there?');
  await expect(answers(page)).toHaveCount(1);
  await expect(unsent(page)).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'This page could not be loaded' })).toHaveCount(0);
});

test('a conversation can be read without the conversation code, and works once it is loaded', async ({ page, context, allow }) => {
  allow(FAILED);
  const api = await Api.guest(context.request);
  const id = await api.begin('Read me');
  await api.settled(id);
  await page.route(TALK, (route) => route.abort());
  await page.goto(`/c/${id}`);
  await expect(page.getByText('Read me', { exact: true }).first()).toBeVisible();
  await expect(statusText(page)).not.toHaveText('Connected');
  await page.unroute(TALK);
  await expect(statusText(page)).toHaveText('Connected');
  await write(page, 'More');
  await expect(questions(page)).toHaveText(['Read me', 'More']);
});

test('a dialog that cannot be loaded shows an error, and opens at the next try', async ({ page, allow }) => {
  allow(FAILED);
  await page.route(TALK, (route) => route.abort());
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await model(page).click();
  await expect(toast(page)).toContainText("The server can't be reached");
  await page.unroute(TALK);
  await model(page).click();
  await expect(models(page)).toBeVisible();
  await pick(page, ECHO);
  await write(page, 'Said back');
  await expect(lastAnswer(page)).toHaveText('Said back');
  await expect(field(page)).toBeFocused();
});
