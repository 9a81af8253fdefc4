/** An error is shown where the user caused it. */
import { Api } from './support/api.ts';
import { NO_CONNECTION, secondsIn } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const ada = { username: 'ada', password: 'correct horse battery' };
const AWAY = "The server can't be reached just now. Try again when you are connected.";

test('errors in the settings and on the search page are shown there', async ({ page, context, browser, server, allow }) => {
  await Api.signUp(context.request, ada);
  const elsewhere = await browser.newContext();
  await Api.login(elsewhere.request, ada, server.url);
  await page.goto('/settings/account');
  const sessions = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
  await expect(sessions).toHaveCount(2);
  allow(NO_CONNECTION);
  await server.kill();
  // The button is far down, and its error is visible.
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

for (const { language, name, password, button, wait, now } of [
  { language: 'en', name: 'Username', password: 'Password', button: 'Sign in', wait: /Try again in (\d+) s\./, now: 'Try again now.' },
  { language: 'de', name: 'Benutzername', password: 'Passwort', button: 'Anmelden', wait: /Versuch es in (\d+) s noch einmal\./, now: 'Versuch es jetzt noch einmal.' },
]) {
  test(`too many attempts to sign in show a countdown (${language})`, async ({ page, context, server, allow }) => {
    allow(/status of 4(01|29)/);
    await context.addCookies([{ name: 'holdfast_language', value: language, url: server.url }]);
    const nobody = { username: 'nobody', password: 'wrong' };
    // All at once, because the limit recovers over time. Each with another name, because repeated attempts with one name are delayed
    // more and more.
    const tries = Array.from({ length: 14 }, (_, n) => context.request.post('/api/auth/login', { data: { ...nobody, username: `nobody-${n}` } }));
    expect((await Promise.all(tries)).map((response) => response.status())).toContain(429);
    await page.clock.install();
    await page.goto('/signin');
    await page.getByLabel(name).fill(nobody.username);
    await page.getByLabel(password).fill(nobody.password);
    const send = page.locator('form').getByRole('button');
    await expect(send).toHaveText(button);
    // If one attempt has become free in the meantime, the next one is refused.
    await expect(async () => {
      await send.click({ timeout: 1_000 });
      await expect(page.getByRole('alert')).toContainText(wait, { timeout: 1_000 });
    }).toPass();
    const heard = page.getByRole('alert').locator('.sr-only');
    const once = await heard.innerText();
    const left = secondsIn(page.getByRole('alert'), wait);
    const before = await left();
    await page.clock.runFor(1_000);
    await expect.poll(left).toBeLessThan(before);
    await page.clock.runFor(60_000);
    await expect(page.getByRole('alert').locator('[aria-hidden=true]')).toContainText(now);
    // Screen readers do not announce each second.
    await expect(heard).toHaveText(once);
    await expect(page.getByLabel(password)).toHaveValue(nobody.password);
  });
}
