/** Elements of the page, found by their names as users find them. */
import type { Locator, Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect } from './server.ts';

/** Console messages of a page whose server or network is gone. Tests that cause this allow them. */
export const NO_CONNECTION = /ERR_CONNECTION_|ERR_INTERNET_DISCONNECTED|ERR_EMPTY_RESPONSE|ERR_NETWORK_CHANGED|WebSocket connection to|TypeError: Failed to fetch\n +at .*__wasm_split/;

export const field = (page: Page): Locator => page.getByRole('textbox', { name: 'Message' });
export const heading = (page: Page): Locator => page.getByRole('main').getByRole('heading', { level: 1 });
export const log = (page: Page): Locator => page.getByRole('region', { name: 'Conversation', exact: true });
export const questions = (page: Page): Locator => page.getByRole('article', { name: 'You', exact: true }).locator('.text');
export const unsent = (page: Page): Locator => page.getByRole('article', { name: 'You, not sent yet' });
export const answers = (page: Page): Locator => page.getByRole('article', { name: 'Answer' });
/** The text of the newest answer, if it is one paragraph. */
export const lastAnswer = (page: Page): Locator => answers(page).last().getByRole('paragraph');
/** The status label. It has no role, because its text is also in an invisible live region. */
export const statusLabel = (page: Page): Locator => page.locator('.status');
/** Returns the status, as long as the space allows. */
export const statusText = (page: Page): Locator => page.locator('.status .label > *').filter({ visible: true });
export const RECONNECTING = /^(Reconnecting|Next try in)/;
export const item = (page: Page, title: string | RegExp): Locator =>
  page.getByLabel('Conversations', { exact: true }).getByRole('link', { name: title });

/** Returns the seconds of a countdown as shown; 0 if there is none. */
export const secondsIn =
  (place: Locator, wait = /again in (\d+) s/) =>
  async (): Promise<number> =>
    Number(wait.exec(await place.locator('[aria-hidden=true]').last().innerText())?.[1] ?? 0);
/** The report of the last action, with the button to undo it. */
export const toast = (page: Page): Locator => page.locator('.toast');

/** Performs a command on the open conversation. */
export async function chooseFromMenu(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name, exact: true }).click();
}

/** The model that repeats the message. */
export const ECHO = 'Built-in · echo';

/** The button that opens the choice of a model. */
export const model = (page: Page): Locator => page.getByRole('button', { name: /^Model: / });
export const models = (page: Page): Locator => page.getByRole('dialog', { name: 'Which model should answer?' });

/** Selects a model in the open list, by its provider's name and its own. */
export async function pick(page: Page, name: string): Promise<void> {
  const [provider = '', own = ''] = name.split(' · ');
  await models(page).getByRole('group', { name: provider, exact: true }).getByRole('option', { name: own, exact: true }).click();
  await expect(models(page)).toBeHidden();
}

/** Chooses a model. */
export async function choose(page: Page, name: string): Promise<void> {
  await model(page).click();
  await pick(page, name);
}

/** Writes a message and sends it with Enter, once the page is hydrated; chooses a model if one is given. */
export async function write(page: Page, text: string, model?: string): Promise<void> {
  await field(page).fill(text);
  await expect(page.getByRole('button', { name: /^(Send|Queue)$/ })).toBeEnabled();
  if (model !== undefined) await choose(page, model);
  await field(page).press('Enter');
  await expect(field(page)).toHaveValue('');
}

/** Opens a conversation of a guest in which one message was answered, with a working connection. */
export async function atConversation(page: Page): Promise<{ api: Api; id: string }> {
  const api = await Api.guest(page.context().request);
  const id = await api.begin('before');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  return { api, id };
}

/** Waits until the page notices that the server is back: at its next attempt, which may take 20 s because of the jitter. */
export async function isBack(page: Page): Promise<void> {
  await expect(statusText(page)).toHaveText('Connected', { timeout: 30_000 });
}

/** Shows the list of conversations on narrow screens. */
export async function openList(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Conversations and settings' });
  if (!(await button.isVisible())) return;
  await button.click();
  await expect(page.getByRole('dialog')).toBeInViewport({ ratio: 0.9 });
}

export async function read(text: Locator): Promise<string> {
  return ((await text.textContent()) ?? '').trim();
}

/** Watches a text grow: takes this many samples, each longer than the one before. */
export async function seenGrowing(text: Locator, looks = 3): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < looks) {
    const before = seen.at(-1)?.length ?? 0;
    await expect.poll(async () => (await read(text)).length, { intervals: [50] }).toBeGreaterThan(before);
    seen.push(await read(text));
  }
  return seen;
}

/** Checks that every sample is a prefix of the text. */
export function expectBeginnings(seen: readonly string[], whole: string): void {
  for (const part of seen) expect(whole.slice(0, part.length)).toBe(part);
}

/** Returns words of one to four bytes a character, no two alike, so that lost, repeated or damaged words are noticed. */
export function distinctWords(count: number): string {
  const kinds = ['word', 'mot-é', '語', '🦀'];
  return Array.from({ length: count }, (_, index) => `${kinds[index % kinds.length]}${index}`).join(' ');
}
