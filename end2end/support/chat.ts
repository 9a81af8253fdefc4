/** The page as a person finds their way on it: by what things are called. */
import type { Locator, Page } from '@playwright/test';
import { Api } from './api.ts';
import { expect } from './server.ts';

/** What a page says when its server or its network is away. A story that takes them away allows it. */
export const NO_CONNECTION = /ERR_CONNECTION_|ERR_INTERNET_DISCONNECTED|ERR_EMPTY_RESPONSE|ERR_NETWORK_CHANGED|WebSocket connection to|TypeError: Failed to fetch\n +at .*__wasm_split/;

export const field = (page: Page): Locator => page.getByRole('textbox', { name: 'Message' });
export const heading = (page: Page): Locator => page.getByRole('main').getByRole('heading', { level: 1 });
export const log = (page: Page): Locator => page.getByRole('region', { name: 'Conversation', exact: true });
export const questions = (page: Page): Locator => page.getByRole('article', { name: 'You', exact: true }).locator('.words');
export const unsent = (page: Page): Locator => page.getByRole('article', { name: 'You, not sent yet' });
export const answers = (page: Page): Locator => page.getByRole('article', { name: 'Answer' });
/** The text of the newest answer, where it is one paragraph. */
export const words = (page: Page): Locator => answers(page).last().getByRole('paragraph');
/** The status pill. It has no role: what it says is also in a live region, which is not to be seen. */
export const pill = (page: Page): Locator => page.locator('.pill');
/** What the pill says, in as many words as there is room for. */
export const said = (page: Page): Locator => page.locator('.pill .said > *').filter({ visible: true });
export const RECONNECTING = /^(Reconnecting|Next try in)/;
export const item = (page: Page, title: string | RegExp): Locator =>
  page.getByLabel('Conversations', { exact: true }).getByRole('link', { name: title });

/** What was just done, with the way back. */
/** The seconds that a sentence counts down, as they are seen; 0 where there are none. */
export const secondsIn =
  (place: Locator, wait = /again in (\d+) s/) =>
  async (): Promise<number> =>
    Number(wait.exec(await place.locator('[aria-hidden=true]').last().innerText())?.[1] ?? 0);
export const toast = (page: Page): Locator => page.locator('.toast');

/** Does something with the open conversation. */
export async function chooseFromMenu(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name, exact: true }).click();
}

/** The model that says back what it was told. */
export const ECHO = 'Built-in · echo';

/** Where one chooses who answers. */
export const model = (page: Page): Locator => page.getByRole('button', { name: /^Model: / });
export const models = (page: Page): Locator => page.getByRole('dialog', { name: 'Which model should answer?' });

/** Takes a model out of the list that is open, by its provider's name and its own. */
export async function pick(page: Page, name: string): Promise<void> {
  const [provider = '', own = ''] = name.split(' · ');
  await models(page).getByRole('group', { name: provider, exact: true }).getByRole('option', { name: own, exact: true }).click();
  await expect(models(page)).toBeHidden();
}

/** Chooses who answers. */
export async function choose(page: Page, name: string): Promise<void> {
  await model(page).click();
  await pick(page, name);
}

/** Writes a message and sends it with Enter, once the page is awake; where a model is named, that shall answer. */
export async function write(page: Page, text: string, model?: string): Promise<void> {
  await field(page).fill(text);
  await expect(page.getByRole('button', { name: /^(Send|Queue)$/ })).toBeEnabled();
  if (model !== undefined) await choose(page, model);
  await field(page).press('Enter');
  await expect(field(page)).toHaveValue('');
}

/** A guest at a conversation in which one message was answered, over a living connection. */
export async function atConversation(page: Page): Promise<{ api: Api; id: string }> {
  const api = await Api.guest(page.context().request);
  const id = await api.begin('before');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(said(page)).toHaveText('Connected');
  return { api, id };
}

/** A server that was away is there again: the page finds out at its next try, which may be 20 s off (full jitter, up to that). */
export async function isBack(page: Page): Promise<void> {
  await expect(said(page)).toHaveText('Connected', { timeout: 30_000 });
}

/** Brings the list of conversations into view, where there is no room for it beside the page. */
export async function openList(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Conversations and settings' });
  if (!(await button.isVisible())) return;
  await button.click();
  await expect(page.getByRole('dialog')).toBeInViewport({ ratio: 0.9 });
}

export async function read(text: Locator): Promise<string> {
  return ((await text.textContent()) ?? '').trim();
}

/** Watches a text grow: so many looks at it, each of which finds more than the one before. */
export async function seenGrowing(text: Locator, looks = 3): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < looks) {
    const before = seen.at(-1)?.length ?? 0;
    await expect.poll(async () => (await read(text)).length, { intervals: [50] }).toBeGreaterThan(before);
    seen.push(await read(text));
  }
  return seen;
}

/** All that was seen of a text is how it begins. */
export function expectBeginnings(seen: readonly string[], whole: string): void {
  for (const part of seen) expect(whole.slice(0, part.length)).toBe(part);
}

/** So many words, no two alike, of one to four bytes a character: a word lost, doubled or torn is seen. */
export function distinctWords(count: number): string {
  const kinds = ['word', 'mot-é', '語', '🦀'];
  return Array.from({ length: count }, (_, index) => `${kinds[index % kinds.length]}${index}`).join(' ');
}
