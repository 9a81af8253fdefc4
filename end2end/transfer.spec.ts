/** Export, import and read-only links. */
import { open, readFile, rm } from 'node:fs/promises';
import { Api } from './support/api.ts';
import { answers, chooseFromMenu, heading, item, lastAnswer, openList, questions, statusText, toast } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const FOREIGN = JSON.stringify([
  {
    uuid: 'k1',
    name: 'From elsewhere',
    created_at: '2026-01-02T03:04:05Z',
    updated_at: '2026-01-02T03:04:05Z',
    chat_messages: [
      { uuid: 'm1', sender: 'human', text: 'How do tides work?', created_at: '2026-01-02T03:04:05Z' },
      { uuid: 'm2', sender: 'assistant', text: '**The moon**', created_at: '2026-01-02T03:04:06Z' },
    ],
  },
  { uuid: 'k2', name: 'Broken', chat_messages: 7 },
]);

test('a conversation is exported as Markdown and as JSON', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Grüße an die Gezeiten');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  const markdown = page.waitForEvent('download');
  await chooseFromMenu(page, 'Export as Markdown');
  const file = await markdown;
  expect(file.suggestedFilename()).toMatch(/^\d{4}-\d\d-\d\d Grüße an die Gezeiten [0-9a-f]{8}\.md$/);
  expect(await readFile(await file.path(), 'utf8')).toContain('# Grüße an die Gezeiten');
  const json = page.waitForEvent('download');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('as json');
  await page.keyboard.press('Enter');
  const { conversations } = JSON.parse(await readFile(await (await json).path(), 'utf8')) as { conversations: { id: string; messages: unknown[] }[] };
  expect(conversations.map((it) => [it.id, it.messages.length])).toEqual([[id, 2]]);
});

test('all data is exported as one file, and imported by another user', async ({ page, context, browser, server }) => {
  const api = await Api.guest(context.request);
  await api.settled(await api.begin('How do tides work?'));
  await page.goto('/settings/data');
  await expect(page.getByRole('heading', { name: 'Export' })).toBeVisible();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export all conversations' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('holdfast.zip');
  const zip = await readFile(await file.path());

  const elsewhere = await browser.newContext({ baseURL: server.url });
  await Api.guest(elsewhere.request);
  const other = await elsewhere.newPage();
  await other.goto('/settings/data');
  const files = [
    { name: 'holdfast.zip', mimeType: 'application/zip', buffer: zip },
    { name: 'conversations.json', mimeType: 'application/json', buffer: Buffer.from(FOREIGN) },
    { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no conversations at all') },
  ];
  const bring = async (): Promise<void> => {
    await other.getByLabel('Files').setInputFiles(files);
    await other.getByRole('button', { name: 'Import' }).click();
  };
  const result = other.locator('form').getByRole('status');
  await expect(other.getByRole('button', { name: 'Import' })).toBeEnabled();
  await bring();
  await expect(result).toHaveText('2 conversations imported, 2 left out.');
  const problems = other.getByRole('list', { name: 'What was left out' }).getByRole('listitem');
  await expect(problems).toHaveText([/^conversations\.json: “Broken” was left out/, /^notes\.txt: This is neither JSON nor a ZIP/]);
  await bring();
  await expect(result).toHaveText('0 conversations imported, 2 already here, 2 left out.');

  await openList(other);
  await other.getByRole('link', { name: '← Back to the conversations' }).click();
  await openList(other);
  await item(other, 'From elsewhere').click();
  await expect(heading(other)).toHaveText('From elsewhere');
  await expect(questions(other)).toHaveText('How do tides work?');
  await expect(lastAnswer(other).locator('strong')).toHaveText('The moon');
  await elsewhere.close();
});

test('a link shows a conversation to others, without JavaScript, until it is withdrawn', async ({ page, context, browser, server }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Say **this**');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await chooseFromMenu(page, 'Share…');
  const dialog = page.getByRole('dialog', { name: 'Share this conversation' });
  await dialog.getByLabel('The link is valid for').selectOption('A month');
  await dialog.getByRole('button', { name: 'Create a link' }).click();
  const link = await dialog.getByLabel('The link', { exact: true }).inputValue();
  expect(link).toMatch(new RegExp(`^${server.url}/s/[A-Za-z0-9_-]{43}$`));

  const reader = await browser.newContext({ javaScriptEnabled: false });
  const other = await reader.newPage();
  await other.goto(link);
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('Say this');
  await expect(other.getByRole('article', { name: 'Question' })).toContainText('Say **this**');
  await expect(answers(other).locator('strong')).toHaveText('this');
  await expect(other.getByRole('textbox')).toHaveCount(0);

  await dialog.getByRole('link', { name: 'Your links' }).click();
  const links = page.getByRole('list', { name: 'Links' }).getByRole('listitem');
  await expect(links).toContainText(['expires in 30 days']);
  await links.getByRole('button', { name: /^Withdraw/ }).click();
  await expect(links).toHaveCount(0);
  await expect(page.getByText('You share no conversation.')).toBeVisible();
  expect((await other.reload())?.status()).toBe(404);
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('There is nothing here');
  await reader.close();
  await expect(toast(page)).toBeEmpty();
});

test('a long import shows its progress', async ({ page, context }) => {
  await Api.guest(context.request);
  const many = Array.from({ length: 3_000 }, (_, n) => ({
    uuid: `many-${n}`,
    name: `Number ${n}`,
    created_at: '2026-01-02T03:04:05Z',
    updated_at: '2026-01-02T03:04:05Z',
    chat_messages: [{ uuid: `m-${n}`, sender: 'human', text: `Question ${n}`, created_at: '2026-01-02T03:04:05Z' }],
  }));
  await page.goto('/settings/data');
  await expect(page.getByRole('button', { name: 'Import' })).toBeEnabled();
  const told = page.locator('form').getByRole('status');
  await told.evaluate((one) => {
    const said = new Set<string>();
    Object.assign(window, { said });
    new MutationObserver(() => said.add(one.textContent ?? '')).observe(one, { subtree: true, childList: true, characterData: true });
  });
  await page.getByLabel('Files').setInputFiles({ name: 'conversations.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(many)) });
  await page.getByRole('button', { name: 'Import' }).click();
  await expect(told).toHaveText('3000 conversations imported.', { timeout: 40_000 });
  const said = await page.evaluate(() => [...(window as unknown as { said: Set<string> }).said]);
  const steps = said.flatMap((text) => (/: (\d+) /.exec(text) ? [Number(/: (\d+) /.exec(text)?.[1])] : []));
  expect(steps.length, said.join('\n')).toBeGreaterThan(2);
  expect(steps, 'it only grows').toEqual([...steps].sort((a, b) => a - b));
});

/** Writes a ZIP that is larger than the server takes: a picture, most of which is a hole in the file, and the conversations behind it. */
async function largeZip(path: string): Promise<void> {
  const hole = 300 * 1024 * 1024;
  const text = Buffer.from(FOREIGN);
  const head = (name: string, size: number, crc: number, offset?: number): Buffer => {
    const list = offset === undefined ? 0 : 16;
    const bytes = Buffer.alloc(30 + list + name.length);
    bytes.writeUInt32LE(list ? 0x02014b50 : 0x04034b50, 0);
    bytes.writeUInt32LE(crc, list ? 16 : 14);
    bytes.writeUInt32LE(size, list ? 20 : 18);
    bytes.writeUInt32LE(size, list ? 24 : 22);
    bytes.writeUInt16LE(name.length, list ? 28 : 26);
    if (offset !== undefined) bytes.writeUInt32LE(offset, 42);
    bytes.write(name, 30 + list);
    return bytes;
  };
  const picture = head('files/photo.png', hole, 0);
  const sum = crc32(text);
  const conversations = head('conversations-000.json', text.length, sum);
  const second = picture.length + hole;
  const list = Buffer.concat([head('files/photo.png', hole, 0, 0), head('conversations-000.json', text.length, sum, second)]);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(2, 8);
  end.writeUInt16LE(2, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(second + conversations.length + text.length, 16);
  const file = await open(path, 'w');
  await file.write(picture, 0, picture.length, 0);
  await file.write(Buffer.concat([conversations, text, list, end]), 0, undefined, second);
  await file.close();
}

/** CRC-32 (ISO 3309), as ZIPs contain it. */
function crc32(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

test('of a ZIP over the size limit, only the conversations are sent', async ({ page, context }, info) => {
  await Api.guest(context.request);
  await page.goto('/settings/data');
  await expect(page.getByLabel('Files')).toHaveAttribute('data-packed', 'watched');
  const path = info.outputPath('export.zip');
  await largeZip(path);
  await expect(page.getByRole('button', { name: 'Import' })).toBeEnabled();
  await page.getByLabel('Files').setInputFiles(path);
  const sent = page.waitForRequest('**/api/import');
  await page.getByRole('button', { name: 'Import' }).click();
  await expect(page.locator('form').getByRole('status')).toHaveText('1 conversation imported, 1 left out.');
  expect(Number((await (await sent).allHeaders())['content-length'])).toBeLessThan(10_000);
  await rm(path);
});
