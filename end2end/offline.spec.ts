/** The browser's network disappears and returns. */
import { Api } from './support/api.ts';
import {
  answers,
  atConversation,
  distinctWords,
  expectBeginnings,
  lastAnswer,
  NO_CONNECTION,
  questions,
  read,
  seenGrowing,
  statusText,
  unsent,
  write,
} from './support/chat.ts';
import { Proxy } from './support/proxy.ts';
import { expect, test as base } from './support/server.ts';

/** A proxy simulates the network, because Chromium keeps open sockets when it simulates being offline. */
const test = base.extend<{ network: Proxy }>({
  network: async ({ server }, use) => {
    const network = await Proxy.start(server.port);
    await use(network);
    await network.stop();
  },
  baseURL: async ({ network }, use) => use(network.url),
});

test('going offline during an answer is shown, messages are queued, and the text is complete after it', async ({ page, context, network, allow, request }) => {
  const text = distinctWords(700);
  const api = await Api.guest(context.request);
  const id = await api.begin(text);
  await page.goto(`/c/${id}`);
  const seen = await seenGrowing(lastAnswer(page));

  allow(NO_CONNECTION);
  await context.setOffline(true);
  await network.refuse();
  await expect(statusText(page)).toHaveText('Offline');
  await expect(answers(page)).toContainText('connection lost · the answer is still being written');
  const torn = await read(lastAnswer(page));
  await write(page, 'Written offline');
  await expect(unsent(page)).toContainText('Queued · will be sent when you are back');
  await expect(statusText(page)).toHaveText('Offline · 1 queued');
  expect(await read(lastAnswer(page))).toBe(torn);

  await network.accept();
  await context.setOffline(false);
  await expect(statusText(page)).toHaveText('Connected');
  seen.push(torn, ...(await seenGrowing(lastAnswer(page).first(), 1)));
  await expect(questions(page)).toHaveText([text, 'Written offline'], { timeout: 30_000 });
  await expect(lastAnswer(page)).toHaveText('Written offline');
  await expect(answers(page).first().getByRole('paragraph')).toHaveText(text);
  await expect(unsent(page)).toHaveCount(0);
  expectBeginnings(seen, text);
  await api.settled(id);
  expect((await api.messages(id)).map(({ content }) => content)).toEqual([text, text, 'Written offline', 'Written offline']);
  expect((await request.get('/health')).ok()).toBe(true);
});

test('a message written offline survives a reload, and is sent once', async ({ page, context, network, allow }) => {
  const { api, id } = await atConversation(page);
  allow(NO_CONNECTION);
  await context.setOffline(true);
  await network.refuse();
  await expect(statusText(page)).toHaveText('Offline');
  await write(page, 'one');
  await write(page, 'two');
  await expect(unsent(page)).toHaveCount(2);

  // The page can't be loaded offline; leaving it is enough. A second tab must not send the messages again.
  await page.goto('about:blank');
  await network.accept();
  await context.setOffline(false);
  const second = await context.newPage();
  await Promise.all([page.goto(`/c/${id}`), second.goto(`/c/${id}`)]);
  for (const each of [page, second]) {
    await expect(questions(each)).toHaveText(['before', 'one', 'two']);
    await expect(lastAnswer(each)).toHaveText('two');
    await expect(unsent(each)).toHaveCount(0);
  }
  await api.settled(id);
  expect((await api.messages(id)).filter(({ role }) => role === 'user').map(({ content }) => content)).toEqual(['before', 'one', 'two']);
});

test('a network that silently drops everything is noticed when the browser wakes', async ({ page, context, network, allow }) => {
  const text = distinctWords(900);
  const api = await Api.guest(context.request);
  const id = await api.begin(text);
  await page.goto(`/c/${id}`);
  await seenGrowing(lastAnswer(page));
  allow(NO_CONNECTION);
  network.stall();
  await page.evaluate(() => window.dispatchEvent(new Event('online'))); // as after a change of networks
  await expect(statusText(page)).not.toHaveText('Connected', { timeout: 20_000 });
  network.cut();
  network.resume();
  await expect(statusText(page)).toHaveText('Connected', { timeout: 20_000 });
  await expect(lastAnswer(page)).toHaveText(text, { timeout: 20_000 });
});
