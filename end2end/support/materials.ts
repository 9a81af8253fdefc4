/** Files of a user: makes and uploads them, and asks about them. */
import { expect, type APIRequestContext } from '@playwright/test';
import type { Api } from './api.ts';

export type Source = { readonly n: number; readonly used: boolean; readonly page: number; readonly quote?: string; readonly excerpt: string };
export type Answered = { readonly conversation_id: string; readonly answer_id: string; readonly full_response: string; readonly sources: readonly Source[] };

/** Returns a PDF file with these pages, each of which has these lines. */
export function pdf(pages: readonly (readonly string[])[]): Buffer {
  const objects = ['<< /Type /Catalog /Pages 2 0 R >>', '', '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>'];
  const kids: string[] = [];
  for (const lines of pages) {
    const text = lines.map((line) => `(${line.replace(/[\\()]/g, '\\$&')}) Tj T*`).join('\n');
    const stream = `BT /F1 12 Tf 16 TL 72 720 Td\n${text}\nET`;
    objects.push(`<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`);
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${objects.length} 0 R >>`);
    kids.push(`${objects.length} 0 R`);
  }
  objects[1] = `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${kids.length} >>`;
  let text = '%PDF-1.4\n';
  const places = objects.map((object, at) => {
    const place = text.length;
    text += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
}

/** Uploads a file, waits until it is read, and returns its id. */
export async function upload(request: APIRequestContext, api: Api, name: string, mimeType: string, buffer: Buffer): Promise<string> {
  const headers = { authorization: `Bearer ${api.token}` };
  const response = await request.post('/api/files', { headers, multipart: { file: { name, mimeType, buffer } } });
  expect(response.ok(), await response.text()).toBe(true);
  const { id } = (await response.json()) as { id: string };
  const state = async (): Promise<string> => ((await (await request.get(`/api/files/${id}`, { headers })).json()) as { state: string }).state;
  await expect.poll(state, { timeout: 30_000 }).toBe('ready');
  return id;
}

/** Asks the built-in model about files. */
export async function ask(request: APIRequestContext, api: Api, content: string, attachments: readonly string[]): Promise<Answered> {
  const response = await request.post('/api/chat', {
    headers: { authorization: `Bearer ${api.token}` },
    data: { content, attachments, provider: 'builtin', model: 'quote' },
  });
  expect(response.ok(), await response.text()).toBe(true);
  return (await response.json()) as Answered;
}

/** Removes a file. */
export async function remove(request: APIRequestContext, api: Api, id: string): Promise<void> {
  const response = await request.delete(`/api/files/${id}`, { headers: { authorization: `Bearer ${api.token}` } });
  expect(response.ok(), await response.text()).toBe(true);
}
