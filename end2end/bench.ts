/**
 * Measures the page: time until it can be read and used, work of the main thread for a chunk, and a long conversation. Slowness fails no
 * test here. docs/performance.md has the aims and the results.
 */
import type { Browser, BrowserContext, CDPSession, Page } from '@playwright/test';
import { Api } from './support/api.ts';
import { answers, field, log, statusText, write } from './support/chat.ts';
import { expect, Server, test as base } from './support/server.ts';
import { Upstream } from './support/upstream.ts';

const ROUNDS = 7;

const test = base.extend<{ upstream: Upstream }>({
  upstream: async ({}, use) => {
    const upstream = await Upstream.start(['writer']);
    await use(upstream);
    await upstream.stop();
  },
  server: async ({ upstream }, use) => {
    const server = await Server.start({ OPENAI_BASE_URL: upstream.url, HOLDFAST_LIMITS: 'off' });
    await use(server);
    await server.remove();
  },
});

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

function report(figure: string, seen: string, aim: string): void {
  process.stdout.write(`\r\x1b[K  ${figure.padEnd(62)}${seen.padStart(12)}   ${aim}\n`);
}

/** Returns the seconds for which the main thread has worked. */
async function worked(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN;
}

/**
 * Opens a tab in which only the page uses the processor. A new window loads the browser's own interface for about a second, and the
 * first page of a site starts a process for it.
 */
async function quiet(window: BrowserContext, url: string): Promise<Page> {
  const page = await window.newPage();
  await page.goto(new URL('/health', url).href);
  await page.waitForTimeout(2_000);
  return page;
}

/** Opens a page in a new window. Returns the ms until its text is painted, and until it is hydrated. */
async function opened(browser: Browser, url: string, slowness: number, context?: BrowserContext): Promise<{ painted: number; awake: number }> {
  const window = context ?? (await browser.newContext({ viewport: { width: 1360, height: 840 } }));
  const page = await quiet(window, url);
  const session = await window.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  if (slowness > 1) await session.send('Emulation.setCPUThrottlingRate', { rate: slowness });
  await page.addInitScript(() => {
    const look = (): void => {
      const label = document.querySelector('.status .label > *')?.textContent ?? '';
      if (/Ready|Connected/.test(label)) performance.mark('awake');
      else setTimeout(look, 2);
    };
    look();
  });
  await page.goto(url);
  const marks = (): Promise<number[]> =>
    page.evaluate(() => ['first-contentful-paint', 'awake'].map((name) => performance.getEntriesByName(name)[0]?.startTime ?? -1));
  await expect.poll(async () => Math.min(...(await marks())), { timeout: 60_000 }).toBeGreaterThan(0);
  const [painted = NaN, awake = NaN] = await marks();
  await (context === undefined ? window.close() : page.close());
  return { painted, awake };
}

async function rounds(once: () => Promise<{ painted: number; awake: number }>): Promise<{ painted: string; awake: string }> {
  await once(); // for the server's sake
  const all: { painted: number; awake: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) all.push(await once());
  const of = (key: 'painted' | 'awake'): string => `${median(all.map((one) => one[key])).toFixed(0)} ms`;
  return { painted: of('painted'), awake: of('awake') };
}

/** Returns the ms until a page with nothing but a line of text is painted. */
async function line(browser: Browser, url: string): Promise<number> {
  const window = await browser.newContext({ viewport: { width: 1360, height: 840 } });
  const page = await quiet(window, url);
  await page.reload();
  const painted = (): Promise<number> => page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1);
  await expect.poll(painted).toBeGreaterThan(0);
  const ms = await painted();
  await window.close();
  return ms;
}

test('first visit', async ({ browser, server }) => {
  const lines: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) lines.push(await line(browser, server.url));
  report('a page of one line, text readable', `${median(lines).toFixed(0)} ms`, '');
  const quick = await rounds(() => opened(browser, server.url, 1));
  report('first visit, text readable', quick.painted, '100 ms');
  report('first visit, usable', quick.awake, '400 ms');
  const slow = await rounds(() => opened(browser, server.url, 4));
  report('first visit, usable, with a processor four times as slow', slow.awake, '1 500 ms');
});

/** About 100 KB as a model writes them: headings, paragraphs with emphasis and links, lists, a table, code. */
function longAnswer(bytes: number): string {
  const section = (n: number): string =>
    [
      `## Section ${n}: how the tide comes in`,
      'The water **rises twice** a day, for the moon pulls on the near side more than on the middle, and on the middle more than on the far side. ' +
        'What that means for a harbour is in [the almanac](https://example.org/almanac), and `tide.height(at)` computes it.',
      ['- at springs the range is large', '- at neaps it is *small*', '- in between it is in between, see `range()`'].join('\n'),
      ['| port | high | low |', '|---|---:|---:|', '| Brest | 6.9 m | 1.1 m |', '| Cuxhaven | 3.6 m | 0.4 m |'].join('\n'),
      ['```rust', 'fn height(at: Time) -> Metres {', ...Array.from({ length: 12 }, (_, i) => `    let part_${i} = amplitude(${i}) * (speed(${i}) * at).cos();`), '}', '```'].join('\n'),
    ].join('\n\n');
  let text = '';
  for (let n = 1; text.length < bytes; n += 1) text += `${section(n)}\n\n`;
  return text.slice(0, bytes);
}

/** A minimal page that appends a socket's data to one text, and shows its end. */
async function bare(page: Page, server: Server, token: string, conversation: string): Promise<void> {
  await page.goto('/health');
  await page.evaluate(
    ({ url, token, conversation }) => {
      const pre = document.createElement('pre');
      pre.style.whiteSpace = 'pre-wrap';
      const text = pre.appendChild(document.createTextNode(''));
      document.body.replaceChildren(pre);
      const socket = new WebSocket(url);
      let due = false;
      socket.onopen = () => socket.send(JSON.stringify({ type: 'initial', token, conversation_id: conversation }));
      socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data as string) as { type: string; content?: string };
        if (frame.type !== 'chunk') return;
        text.appendData(frame.content ?? '');
        if (due) return;
        due = true;
        requestAnimationFrame(() => {
          due = false;
          scrollTo(0, document.documentElement.scrollHeight);
        });
      };
    },
    { url: `${server.url.replace('http', 'ws')}/ws`, token, conversation },
  );
}

test('an answer of 100 KB at 100 chunks a second', async ({ browser, server, upstream }) => {
  const [bytes, rate] = [100_000, 100];
  const text = longAnswer(bytes);
  const pieces = Array.from({ length: Math.ceil(text.length / 25) }, (_, n) => text.slice(n * 25, n * 25 + 25));
  upstream.speech = { pieces, every: 1000 / rate };
  const window = await browser.newContext({ baseURL: server.url, viewport: { width: 1360, height: 840 }, bypassCSP: true });
  const api = await Api.guest(window.request);
  const id = await api.begin('before');
  await api.settled(id);
  const page = await quiet(window, server.url);

  /** Returns the main thread's work for a chunk, ms, at the beginning and at the end of the answer. `between` is called between the two measurements. */
  const work = async (length: () => Promise<number>, between: () => Promise<void>): Promise<[number, number]> => {
    const session = await window.newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const perChunk = async (seconds: number): Promise<number> => {
      const [before, began] = [await worked(session), performance.now()];
      await page.waitForTimeout(seconds * 1000);
      return ((await worked(session)) - before) * 1000 / (((performance.now() - began) / 1000) * rate);
    };
    await expect.poll(length).toBeGreaterThan(500);
    const first = await perChunk(6);
    await between();
    await page.waitForTimeout(Math.max(0, (bytes / 25 / rate) * 1000 * (0.8 - (await length()) / bytes)));
    return [first, await perChunk(4)];
  };

  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await page.evaluate(() => {
    const slow: number[] = [];
    Object.assign(window, { slow });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as PerformanceEventTiming[]) {
        if (entry.name.startsWith('key') || entry.name === 'input') slow.push(entry.processingEnd - entry.startTime);
      }
    }).observe({ type: 'event', durationThreshold: 16, buffered: true } as PerformanceObserverInit);
  });
  await write(page, 'Tell me all about tides.', `${new URL(upstream.url).host} · writer`);
  const [first, last] = await work(
    async () => (await answers(page).last().innerText()).length,
    () => field(page).pressSequentially('And what of neaps, and of springs? '.repeat(3), { delay: 90 }),
  );
  const waits = await page.evaluate(() => (window as unknown as { slow: number[] }).slow);
  await expect(page.getByRole('button', { name: 'Stop the answer' })).toBeHidden({ timeout: 60_000 });
  expect((await api.answer(id)).content).toBe(text);

  await bare(page, server, api.token, id);
  await api.ask(id, 'And once more.');
  const [bareFirst, bareLast] = await work(
    () => page.evaluate(() => document.body.textContent?.length ?? 0),
    () => Promise.resolve(),
  );
  report('main thread a chunk, at the beginning of the answer', `${first.toFixed(2)} ms`, `1 ms (a bare page ${bareFirst.toFixed(2)} ms)`);
  report('main thread a chunk, at the end of 100 KB', `${last.toFixed(2)} ms`, `1 ms (a bare page ${bareLast.toFixed(2)} ms)`);
  report('a key while it streams, the slowest', waits.length === 0 ? '< 16 ms' : `${Math.max(...waits).toFixed(0)} ms`, '50 ms');
  await window.close();
});

test('an answer with 100 KB of reasoning and 100 KB of text', async ({ browser, server, upstream }) => {
  const [bytes, rate] = [100_000, 100];
  const pieces = (text: string): string[] => Array.from({ length: Math.ceil(text.length / 25) }, (_, n) => text.slice(n * 25, n * 25 + 25));
  upstream.thoughts = pieces(longAnswer(bytes));
  upstream.speech = { pieces: pieces(longAnswer(bytes)), every: 1000 / rate };
  const window = await browser.newContext({ baseURL: server.url, viewport: { width: 1360, height: 840 }, bypassCSP: true });
  const api = await Api.guest(window.request);
  const id = await api.begin('before');
  await api.settled(id);
  const page = await quiet(window, server.url);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  const session = await window.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  /** Waits until this part of all pieces has come, and returns the main thread's work for a chunk in the next seconds, ms. */
  const perChunk = async (part: number): Promise<string> => {
    await page.waitForTimeout(Math.max(0, began + part * ((2 * bytes) / 25 / rate) * 1000 - performance.now()));
    const [before, at] = [await worked(session), performance.now()];
    await page.waitForTimeout(4_000);
    return `${(((await worked(session)) - before) * 1000 / (((performance.now() - at) / 1000) * rate)).toFixed(2)} ms`;
  };
  await write(page, 'Think about tides.', `${new URL(upstream.url).host} · writer`);
  await expect(page.locator('.thought.running')).toBeVisible();
  const began = performance.now();
  report('main thread a chunk, at the beginning of the reasoning', await perChunk(0.02), '1 ms');
  report('main thread a chunk, at the end of 100 KB of reasoning', await perChunk(0.43), '1 ms');
  report('main thread a chunk, at the end of 100 KB of text after it', await perChunk(0.9), '1 ms');
  await window.close();
});

test('a conversation of 2 000 messages', async ({ browser, server }) => {
  const window = await browser.newContext({ baseURL: server.url, viewport: { width: 1360, height: 840 } });
  const api = await Api.guest(window.request);
  const id = await api.bring('A long one', 2_000, longAnswer(1_200));
  const { painted, awake } = await rounds(() => opened(browser, `${server.url}/c/${id}`, 1, window));
  report('2 000 messages, text readable', painted, '');
  report('2 000 messages, usable', awake, '500 ms');
  const page = await quiet(window, server.url);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await log(page).hover();
  const frames = page.evaluate(
    () =>
      new Promise<number[]>((done) => {
        const gaps: number[] = [];
        let before = performance.now();
        const step = (now: number): void => {
          gaps.push(now - before);
          before = now;
          if (gaps.length < 240) requestAnimationFrame(step);
          else done(gaps);
        };
        requestAnimationFrame(step);
      }),
  );
  for (let n = 0; n < 120; n += 1) await page.mouse.wheel(0, -400);
  const gaps = await frames;
  report('2 000 messages, frames a second while scrolling', (1000 / (gaps.reduce((a, b) => a + b) / gaps.length)).toFixed(0), '60');
  report('the slowest frame of those', `${Math.max(...gaps).toFixed(0)} ms`, '');
  await window.close();
});
