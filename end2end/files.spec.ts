/** Files of messages: they are chosen, dropped or pasted, uploaded whatever happens to the network, read, asked about and shown. */
import type { Locator, Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { Api } from './support/api.ts';
import { expectNoFindings } from './support/axe.ts';
import { answers, atConversation, field, NO_CONNECTION, questions, toast, write } from './support/chat.ts';
import { Proxy } from './support/proxy.ts';
import { expect, test } from './support/server.ts';

type Given = { name: string; mimeType: string; buffer: Buffer };

const QUOTE = 'Built-in · quote';

/** A PDF of one page with these lines. */
function pdf(name: string, lines: string[]): Given {
  const drawing = `BT /F1 12 Tf 72 720 Td 16 TL ${lines.map((line) => `(${line}) Tj T*`).join(' ')} ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let [body, table] = ['%PDF-1.4\n', '0000000000 65535 f \n'];
  for (const [index, object] of objects.entries()) {
    table += `${String(body.length).padStart(10, '0')} 00000 n \n`;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
  }
  const end = `xref\n0 6\n${table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`;
  return { name, mimeType: 'application/pdf', buffer: Buffer.from(body + end) };
}

/** What is asked about below. */
const PLANTS = pdf('Lecture 7.pdf', ['Green plants convert light into chemical energy.', 'The pigment is called chlorophyll.']);

const attach = (page: Page): Locator => page.getByRole('button', { name: 'Attach files' });
const composer = (page: Page): Locator => page.locator('.box').getByRole('list', { name: 'Attached files' });
const chip = (page: Page, name: string | RegExp): Locator => composer(page).getByRole('listitem').filter({ hasText: name });
const send = (page: Page): Locator => page.getByRole('button', { name: /^(Send|Queue)$/ });

/** Opens a conversation with the code that attaches files. */
async function open(page: Page): Promise<{ api: Api; id: string }> {
  const opened = await atConversation(page);
  await expect(attach(page)).toBeVisible();
  await expect(page.locator('link[data-files]')).toHaveCount(1);
  return opened;
}

const text = (name: string, content: string): Given => ({ name, mimeType: 'text/plain', buffer: Buffer.from(content) });

/** Chooses files in the browser's own dialog. */
async function choose(page: Page, files: Given[], by = attach(page)): Promise<void> {
  const dialog = page.waitForEvent('filechooser');
  await by.click();
  await (await dialog).setFiles(files);
}

/** Dispatches an event that carries files or a text, as browsers do when users drop or paste. */
async function carry(page: Page, how: 'dragenter' | 'drop' | 'paste', what: { name?: string; content: string }): Promise<void> {
  await page.evaluate(
    ([how, { name, content }]) => {
      const data = new DataTransfer();
      if (name === undefined) data.setData('text/plain', content);
      else data.items.add(new File([content], name, { type: 'text/plain' }));
      const on = how === 'paste' ? document.querySelector('#message')! : document.body;
      const init = { bubbles: true, cancelable: true };
      on.dispatchEvent(how === 'paste' ? new ClipboardEvent(how, { ...init, clipboardData: data }) : new DragEvent(how, { ...init, dataTransfer: data }));
    },
    [how, what] as const,
  );
}

/** Makes uploads slow. */
async function slow(page: Page, bytesPerSecond: number): Promise<void> {
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond });
}

/** Records the requests of uploads: their methods. */
function uploads(page: Page): string[] {
  const methods: string[] = [];
  page.on('request', (request) => {
    if (/\/api\/files(\/|$)/.test(request.url()) && request.method() !== 'GET') methods.push(request.method());
  });
  return methods;
}

/** A long text that is read in a moment, because it is few words. */
const long = (megabytes: number): Given => text('long.txt', `The lighthouse on the northern cliff is painted green.\n\n${`${'x'.repeat(9_999)}\n`.repeat(megabytes * 100)}`);

test('a chosen PDF is read, asked about, and shown with the message', async ({ page }) => {
  await open(page);
  await choose(page, [PLANTS]);
  await expect(chip(page, 'Lecture 7.pdf')).toContainText(/Ready · .* · 1 page/);
  await expectNoFindings(page);
  await write(page, 'What converts light into chemical energy?', QUOTE);
  await expect(composer(page).getByRole('listitem')).toHaveCount(0);
  const question = page.getByRole('article', { name: 'You', exact: true }).last();
  await expect(question.getByRole('link', { name: 'Lecture 7.pdf' })).toBeVisible();
  await expect(answers(page).last()).toContainText('Green plants convert light into chemical energy.');
  const download = page.waitForEvent('download');
  await question.getByRole('link', { name: 'Lecture 7.pdf' }).click();
  expect(await readFile(await (await download).path())).toEqual(PLANTS.buffer);
  await expectNoFindings(page);

  // The same without the program, and after a reload.
  const rendered = await (await page.context().request.get(page.url())).text();
  expect(rendered).toMatch(/href="\/settings\/materials#file-[0-9a-f-]{36}"/);
  await page.reload();
  await expect(question.getByRole('link', { name: 'Lecture 7.pdf' })).toBeVisible();

  // A message that replaces it has its files too.
  await question.hover();
  await question.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Edit your message' }).fill('How is the lighthouse on the northern cliff painted?');
  await page.getByRole('textbox', { name: 'Edit your message' }).press('Enter');
  await expect(questions(page).last()).toHaveText('How is the lighthouse on the northern cliff painted?');
  await expect(question.getByRole('link', { name: 'Lecture 7.pdf' })).toBeVisible();
});

test('files are dropped anywhere, pasted, and removed by keyboard', async ({ page }) => {
  await open(page);
  await carry(page, 'dragenter', { name: 'notes.md', content: 'x' });
  await expect(page.getByText('Drop files here to attach them')).toBeVisible();
  await carry(page, 'drop', { name: 'notes.md', content: '# Tides\n\nThe moon moves the sea.' });
  await expect(page.getByText('Drop files here to attach them')).toBeHidden();
  await carry(page, 'paste', { name: 'pasted.csv', content: 'a,b\n1,2\n' });
  await expect(chip(page, 'notes.md')).toContainText('Ready');
  await expect(chip(page, 'pasted.csv')).toContainText('Ready');
  await chip(page, 'notes.md').getByRole('button', { name: 'Remove notes.md' }).focus();
  await page.keyboard.press('Enter');
  await expect(chip(page, 'notes.md')).toHaveCount(0);
  await expect(attach(page)).toBeFocused();
  // The list stays beside the draft.
  await field(page).fill('What is in it?');
  await page.reload();
  await expect(chip(page, 'pasted.csv')).toContainText('Ready');
  await expect(field(page)).toHaveValue('What is in it?');
});

test('an upload that is cut goes on where it was', async ({ page, server, allow }) => {
  allow(NO_CONNECTION);
  allow(/status of 409/); // the server is still writing what came before the cut
  const proxy = await Proxy.start(server.port);
  const api = await Api.guest(page.context().request, proxy.url);
  const id = await api.begin('before');
  await api.settled(id);
  await page.goto(`${proxy.url}/c/${id}`);
  await expect(page.locator('link[data-files]')).toHaveCount(1);
  const methods = uploads(page);
  await slow(page, 4_000_000);
  await choose(page, [long(12)]);
  const progress = page.getByRole('progressbar', { name: 'Progress of long.txt' });
  const done = async (): Promise<number> => Number(await progress.getAttribute('value').catch(() => 0));
  await expect.poll(done).toBeGreaterThan(15);
  proxy.cut();
  await field(page).fill('How is the lighthouse on the northern cliff painted?');
  await field(page).press('Enter');
  await expect(page.getByText('The message is sent as soon as the files are uploaded.')).toBeVisible();
  await expect(questions(page)).toHaveCount(1);
  await expect.poll(done).toBeGreaterThan(60);
  proxy.cut();
  await expect(questions(page).last()).toHaveText('How is the lighthouse on the northern cliff painted?', { timeout: 40_000 });
  await expect(page.getByRole('article', { name: 'You', exact: true }).last().getByRole('link', { name: 'long.txt' })).toBeVisible();
  expect(methods.filter((method) => method === 'POST')).toHaveLength(1);
  expect(methods.filter((method) => method === 'PATCH').length).toBeGreaterThan(2);
  await proxy.stop();
});

test('an upload goes on after a reload and a restart of the server', async ({ page, server, allow }) => {
  allow(NO_CONNECTION);
  allow(/status of (409|503)/);
  await open(page);
  const methods = uploads(page);
  await slow(page, 3_000_000);
  await choose(page, [long(12)]);
  const progress = page.getByRole('progressbar', { name: 'Progress of long.txt' });
  await expect.poll(async () => Number(await progress.getAttribute('value').catch(() => 0))).toBeGreaterThan(15);
  await page.reload();
  await expect(chip(page, 'long.txt')).toBeVisible();
  await expect.poll(async () => Number(await progress.getAttribute('value').catch(() => 0))).toBeGreaterThan(20);
  await server.restart();
  await expect(chip(page, 'long.txt')).toContainText('Ready', { timeout: 50_000 });
  expect(methods.filter((method) => method === 'POST')).toHaveLength(1);
});

test('files that can not be used say why', async ({ page }) => {
  await open(page);
  await choose(page, [{ name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from('x') }, text('nothing.txt', ''), text('broken.pdf', '%PDF-1.7\nnot really')]);
  await expect(chip(page, 'photo.png')).toContainText('This kind of file has no text that can be read.');
  await expect(chip(page, 'nothing.txt')).toContainText('The file is empty.');
  await expect(chip(page, 'broken.pdf')).toContainText('The file is damaged. Save it anew, and upload it again.');
  await expectNoFindings(page);
  await field(page).fill('Well?');
  await field(page).press('Enter');
  await expect(page.getByText('Not sent: a file could not be uploaded.')).toBeVisible();
  await expect(field(page)).toHaveValue('Well?');
  for (const name of ['photo.png', 'nothing.txt']) await page.getByRole('button', { name: `Remove ${name}` }).click();
  await send(page).click();
  await expect(questions(page).last()).toHaveText('Well?');
});

test('a long pasted text can become a file', async ({ page }) => {
  await open(page);
  const words = 'The tide is high. '.repeat(1_500).trim();
  await field(page).fill(`Summarize: ${words}`);
  await carry(page, 'paste', { content: words });
  const offer = page.getByText('The pasted text is long');
  await expect(offer).toBeVisible();
  await page.getByRole('button', { name: 'Leave it as text' }).click();
  await expect(offer).toBeHidden();
  await carry(page, 'paste', { content: words });
  await page.getByRole('button', { name: 'Make it a file' }).click();
  await expect(chip(page, 'Pasted text.txt')).toContainText('Ready');
  await expect(field(page)).toHaveValue('Summarize:');
});

test('somebody who has no account yet attaches a file to the first message', async ({ page }) => {
  await page.goto('/');
  await field(page).fill('How is the lighthouse on the northern cliff painted?');
  await expect(attach(page)).toBeVisible();
  await expect(page.locator('link[data-files]')).toHaveCount(1);
  await choose(page, [text('notes.txt', 'The lighthouse on the northern cliff is painted green.')]);
  await expect(chip(page, 'notes.txt')).toContainText('Ready');
  await field(page).press('Enter');
  await expect(page).toHaveURL(/\/c\//);
  await expect(page.getByRole('article', { name: 'You', exact: true }).getByRole('link', { name: 'notes.txt' })).toBeVisible();
  await expect(answers(page)).toContainText('The lighthouse on the northern cliff is painted green.');
  await expect(composer(page).getByRole('listitem')).toHaveCount(0);
});

test('all files are on a page: names, state, download, removal', async ({ page }) => {
  await Api.signUp(page.context().request, { username: 'ada', password: 'correct horse battery' });
  await page.goto('/settings/materials');
  await expect(page.getByText('No files yet.')).toBeVisible();
  await expectNoFindings(page);
  await expect(page.locator('link[data-files]')).toHaveCount(1);
  await choose(page, [text('tides.md', '# Tides\n\nThe moon moves the sea.'), text('broken.pdf', '%PDF-1.7\nnot really')], page.getByRole('button', { name: 'Choose files' }));
  const list = page.getByRole('list', { name: 'Your files' });
  const row = (name: string): Locator => list.getByRole('listitem').filter({ hasText: name });
  await expect(row('tides.md')).toContainText('Ready');
  await expect(row('broken.pdf')).toContainText('The file is damaged.');
  await expect(page.getByText(/ used, with your conversations/)).toBeVisible();
  await expectNoFindings(page);

  const rename = page.getByRole('button', { name: 'Rename tides.md' });
  await rename.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(rename).toBeFocused();
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Name' }).fill('Moon and sea.md');
  await page.keyboard.press('Enter');
  await expect(row('Moon and sea.md')).toBeVisible();

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download Moon and sea.md' }).click();
  expect((await download).suggestedFilename()).toBe('Moon and sea.md');

  await page.getByRole('button', { name: 'Delete broken.pdf' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete broken.pdf?' });
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  await page.getByRole('button', { name: 'Delete broken.pdf' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(row('broken.pdf')).toHaveCount(0);
  await expect(toast(page)).toContainText('broken.pdf was deleted.');

  // What is uploaded elsewhere appears by itself.
  const api = await Api.here(page.context().request);
  await api.upload('elsewhere.txt', 'The moon is far.');
  await expect(row('elsewhere.txt')).toContainText('Ready');
});

test('texts about files are in the language of the page', async ({ browser, server }) => {
  const context = await browser.newContext({ locale: 'de-DE', baseURL: server.url });
  const page = await context.newPage();
  await Api.guest(page.context().request, server.url);
  await page.goto('/settings/materials');
  await expect(page.getByRole('heading', { name: 'Materialien' })).toBeVisible();
  await expect(page.locator('link[data-files]')).toHaveCount(1);
  await choose(page, [text('broken.pdf', '%PDF-1.7\nnot really')], page.getByRole('button', { name: 'Dateien auswählen' }));
  await expect(page.getByText('Die Datei ist beschädigt. Speichere sie neu und lade sie noch einmal hoch.')).toBeVisible();
  await context.close();
});
