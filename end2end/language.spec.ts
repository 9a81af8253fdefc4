/** The page in German, if the browser prefers it, and choosing another language. */
import type { Locator, Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Api } from './support/api.ts';
import { expectNoFindings } from './support/axe.ts';
import { statusText } from './support/chat.ts';
import { expect, test } from './support/server.ts';

test.use({ locale: 'de-DE' });

const texts = (language: string): string => readFileSync(resolve(import.meta.dirname, `../app/src/strings/${language}.rs`), 'utf8');

/** English texts of the page with at least three words that German does not share. */
const ENGLISH = [...texts('en').matchAll(/"([^"]*)"/g)]
  .flatMap(([, text]) => (text ?? '').split(/[{}]/))
  .map((text) => text.trim())
  .filter((text) => text.split(/\s+/).length > 2 && !texts('de').includes(text));

const PATHS = [
  '/', '/signin', '/signup', '/join', '/claim', '/password', '/search', '/archived', '/nowhere', '/settings/account', '/settings/data', '/settings/models',
  '/settings/connection', '/settings/people', '/settings/providers', '/settings/limits', '/settings/activity',
];

const field = (page: Page): Locator => page.getByRole('textbox', { name: 'Nachricht' });

/** Checks that the page is German, and fits into the window. */
async function expectGerman(page: Page): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  const html = await page.evaluate(() => {
    const body = document.body.cloneNode(true) as HTMLElement;
    for (const script of body.querySelectorAll('script')) script.remove();
    return body.outerHTML;
  });
  expect(ENGLISH.filter((text) => html.includes(text))).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
}

async function openList(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Unterhaltungen und Einstellungen' });
  if (!(await button.isVisible())) return;
  await button.click();
  await expect(page.getByRole('dialog')).toBeInViewport({ ratio: 0.9 });
}

test.describe('without a script', () => {
  test.use({ javaScriptEnabled: false });

  test('the page is in German as the server sends it', async ({ page, allow }) => {
    allow(/status of 404/);
    await page.goto('/');
    await expect(page.getByRole('heading', { name: 'Woran arbeitest du?' })).toBeVisible();
    await expect(page.locator('noscript p')).toHaveText('Schreiben braucht JavaScript. Lesen geht ohne.');
    for (const path of PATHS) {
      await page.goto(path);
      await expect(page.locator('html')).toHaveAttribute('lang', 'de');
    }
    await expect(page.getByRole('heading', { name: 'Betrieb' })).toBeVisible();
    await page.goto('/nowhere');
    await expect(page).toHaveTitle('Nicht gefunden · Holdfast');
  });
});

test('a conversation in German', async ({ page }) => {
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Bereit');
  await expectGerman(page);
  await page.getByRole('button', { name: /^Modell: / }).click();
  const models = page.getByRole('dialog', { name: 'Welches Modell soll antworten?' });
  await models.getByRole('group', { name: 'Eingebaut', exact: true }).getByRole('option', { name: 'echo', exact: true }).click();
  await field(page).fill('```rust\nlet a = 1;\n```\n\n- [x] Hallo');
  await page.getByRole('button', { name: 'Senden' }).click();
  const answer = page.getByRole('article', { name: 'Antwort' });
  await expect(answer.getByRole('checkbox', { name: 'erledigt' })).toBeVisible();
  await expect(answer.getByRole('button', { name: 'Neu antworten', exact: true })).toBeVisible();
  await expect(page.getByText('Die Antwort ist fertig.')).toBeAttached();
  await answer.getByRole('button', { name: 'Umbrechen' }).click();
  await expect(statusText(page)).toHaveText('Verbunden');
  await expectGerman(page);
  await expectNoFindings(page);
  await openList(page);
  await expect(page.getByRole('heading', { name: 'Heute' })).toBeVisible();
  await expectGerman(page);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('option', { name: 'Diese Unterhaltung umbenennen' })).toBeVisible();
  await expectGerman(page);
  await page.getByRole('combobox', { name: 'Befehl oder Unterhaltung finden' }).fill('tasten');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Tastenkürzel' }).getByText('Strg').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Mehr' }).click();
  await page.getByRole('menuitem', { name: 'Löschen' }).click();
  await expect(page.locator('.toast')).toContainText('gelöscht');
  await page.locator('.toast').getByRole('button', { name: 'Rückgängig' }).click();
  await expect(answer).toBeVisible();
});

test('every other page in German', async ({ page, context, server, allow }) => {
  allow(/status of 404/);
  await Api.claim(context.request, server, { username: 'ada', password: 'correct horse battery' });
  for (const path of PATHS) {
    await page.goto(path);
    await expect(page.getByRole('main')).toBeVisible();
    // Parts that load after hydration are loaded, or were not needed.
    await page.waitForLoadState('networkidle');
    await expectGerman(page);
  }
});

for (const path of ['/settings/account', '/settings/providers', '/settings/people', '/signin']) {
  test(`axe at ${path}`, async ({ page, context, server }) => {
    await Api.claim(context.request, server, { username: 'ada', password: 'correct horse battery' });
    await page.goto(path);
    await page.waitForLoadState('networkidle');
    await expectNoFindings(page);
  });
}

test('an error is in German, and marked as English if its reason is newer than the page', async ({ page, context, allow }) => {
  allow(/status of 4\d\d/);
  await page.goto('/signin');
  await page.getByRole('textbox', { name: 'Benutzername' }).fill('nobody');
  await page.getByRole('textbox', { name: 'Passwort' }).fill('wrong horse');
  await page.getByRole('button', { name: 'Anmelden' }).click();
  await expect(page.getByRole('alert')).toHaveText('Name oder Passwort ist falsch.');
  await Api.signUp(context.request, { username: 'ada', password: 'correct horse battery' });
  await page.goto('/signup');
  await page.getByRole('textbox', { name: 'Benutzername' }).fill('ada');
  await page.getByRole('textbox', { name: 'Passwort' }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Konto anlegen' }).click();
  await expect(page.getByRole('alert')).toContainText('Diesen Namen gibt es schon');
  await expect(page.getByRole('alert').locator('[lang=en]')).toHaveCount(0);

  const newer = { code: 'bad_frame', reason: 'newer_than_this_page', error: 'Nobody has translated this.' };
  await page.route('**/api/auth/signup', (route) => route.fulfill({ status: 400, json: newer }));
  await page.getByRole('button', { name: 'Konto anlegen' }).click();
  await expect(page.getByRole('alert').locator('[lang=en]')).toHaveText(newer.error);
});

test('a chosen language stays until the user follows the device again', async ({ page }) => {
  await page.goto('/settings/account');
  await expect(page.getByRole('group', { name: 'Sprache' }).getByRole('radio', { name: 'Wie dieses Gerät' })).toBeChecked();
  await page.getByRole('group', { name: 'Sprache' }).getByText('English').click();
  const language = page.getByRole('group', { name: 'Language' });
  await expect(language.getByRole('radio', { name: 'English' })).toBeChecked();
  await expect(page.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible();
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'What are you working on?' })).toBeVisible();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.goto('/settings/account');
  await language.getByText('Same as this device').click();
  await expect(page.getByRole('heading', { name: 'Konto', level: 1 })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
});
