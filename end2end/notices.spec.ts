/** What was refused is said where it was tried. */
import { Api } from './support/api.ts';
import { NO_CONNECTION } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const ada = { username: 'ada', password: 'correct horse battery' };
const AWAY = "The server can't be reached just now. Try again when you are connected.";

test('what fails in the settings or on the page of a search is said there', async ({ page, context, server, allow }) => {
  await Api.signUp(context.request, ada);
  await Api.login(context.request, ada);
  await page.goto('/settings/account');
  const sessions = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
  await expect(sessions).toHaveCount(2);
  allow(NO_CONNECTION);
  await server.kill();
  // It stands far down, and what is said of it is seen all the same.
  await sessions.getByRole('button', { name: /^Sign out/ }).click();
  await expect(page.getByRole('main').getByText(AWAY)).toBeInViewport();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await expect(page.getByText(AWAY)).toHaveCount(0);

  await server.restart();
  await page.goto('/search');
  const search = page.getByRole('searchbox', { name: 'Search conversations' });
  await search.fill('tides');
  await expect(page.getByText('Nothing found.')).toBeVisible();
  await server.kill();
  await search.fill('harbours');
  await expect(page.getByRole('main').getByText(AWAY)).toBeInViewport();
});
