/** Other names for the same server, many tabs, leaving and returning, a network that cuts young sockets. */
import { Api } from './support/api.ts';
import { answers, distinctWords, ECHO, lastAnswer, NO_CONNECTION, questions, seenGrowing, statusLabel, statusText, write } from './support/chat.ts';
import { Proxy } from './support/proxy.ts';
import { expect, test } from './support/server.ts';

const SOCKET = 'Connected over a WebSocket';

for (const host of ['localhost', '127.0.0.1']) {
  test(`under the name ${host} the page connects without configuration`, async ({ page, server }) => {
    await page.goto(`http://${host}:${server.port}/`);
    await write(page, 'Which name?', 'Built-in · echo');
    await expect(lastAnswer(page)).toHaveText('Which name?');
    await expect(statusLabel(page)).toHaveAttribute('title', SOCKET);
  });
}

test('ten tabs of a conversation show the same text, and messages from any of them', async ({ page, context }) => {
  test.slow();
  const api = await Api.guest(context.request);
  const id = await api.begin('before');
  await api.settled(id);
  const tabs = [page];
  while (tabs.length < 10) tabs.push(await context.newPage());
  for (const tab of tabs) {
    await tab.goto(`/c/${id}`);
    await expect(statusText(tab)).toHaveText('Connected');
  }
  const text = distinctWords(300);
  await tabs[4]?.bringToFront();
  await write(tabs[4] ?? page, text);
  for (const tab of tabs) {
    await tab.bringToFront();
    await expect(questions(tab)).toHaveText(['before', text]);
    await expect(lastAnswer(tab)).toHaveText(text, { timeout: 20_000 });
  }
});

test('a user who leaves during an answer and goes back finds it longer and still growing', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin(distinctWords(1500));
  await page.goto(`/c/${id}`);
  const [left = ''] = (await seenGrowing(lastAnswer(page))).slice(-1);
  await page.goto('/health');
  await page.goBack();
  await expect(statusText(page)).toHaveText('Connected');
  const [back = ''] = await seenGrowing(lastAnswer(page), 1);
  expect(back.startsWith(left)).toBe(true);
  await page.getByRole('button', { name: 'Stop the answer' }).click();
  await expect(page.getByRole('button', { name: 'Stop the answer' })).toBeHidden();
  expect((await api.answer(id)).content.startsWith(back)).toBe(true);
});

test('after sleep with lost connections, the page is up to date soon after it wakes', async ({ page, context, server, allow }) => {
  const network = await Proxy.start(server.port);
  allow(NO_CONNECTION);
  const api = await Api.guest(context.request);
  const id = await api.begin('before');
  await api.settled(id);
  await page.clock.install();
  await page.goto(`${network.url}/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  network.forget();
  await api.ask(id, 'while it slept');
  await api.settled(id);
  // Ten minutes pass during which no timer runs.
  await page.clock.setSystemTime(Date.now() + 600_000);
  // Without a probe, the page would take the dead socket for a live one for 45 seconds.
  await expect(lastAnswer(page)).toHaveText('while it slept', { timeout: 10_000 });
  await expect(statusLabel(page)).toHaveAttribute('title', SOCKET);
  await network.stop();
});

test('after an hour offline, the answer is complete and queued messages are sent', async ({ page, context, allow }) => {
  allow(NO_CONNECTION);
  const api = await Api.guest(context.request);
  const id = await api.begin('Count.', 'echo-2000-5');
  await page.clock.install();
  await page.goto(`/c/${id}`);
  const [torn = ''] = (await seenGrowing(lastAnswer(page))).slice(-1);
  await context.setOffline(true);
  await expect(statusText(page)).toHaveText(/^Offline/);
  await write(page, 'From the mountains', ECHO);
  await api.settled(id);
  const { content } = await api.answer(id);
  const renewed = page.waitForRequest(/auth\/refresh/); // what it had has ended, by any clock
  await page.clock.setSystemTime(Date.now() + 3_600_000);
  await context.setOffline(false);
  await renewed;
  await expect(questions(page)).toHaveText(['Count.', 'From the mountains']);
  await expect(lastAnswer(page)).toHaveText('From the mountains');
  await api.settled(id);
  expect((await api.messages(id)).map((message) => message.content)).toEqual(['Count.', content, 'From the mountains', 'From the mountains']);
  const whole = (await answers(page).first().getByRole('paragraph').innerText()).trim();
  expect(whole).toBe(content.trim());
  expect(whole.startsWith(torn.trim())).toBe(true);
});

test('two tabs that refresh the session at the same time both stay connected', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('here');
  await api.settled(id);
  const other = await context.newPage();
  await Promise.all([page.goto(`/c/${id}`), other.goto(`/c/${id}`)]);
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([page.reload(), other.reload()]);
    for (const tab of [page, other]) {
      await expect(statusText(tab)).toHaveText('Connected');
      await expect(questions(tab)).toHaveText('here');
    }
  }
  await write(other, 'and still');
  await expect(questions(page)).toHaveText(['here', 'and still']);
});

test('if every socket is cut early, the page continues over an event stream', async ({ page, context, server, allow }) => {
  const network = await Proxy.start(server.port);
  network.killUpgradedAfter(300);
  allow(NO_CONNECTION);
  const api = await Api.guest(context.request, network.url);
  const text = distinctWords(600);
  const id = await api.begin(text);
  await page.goto(`${network.url}/c/${id}`);
  await expect(statusLabel(page)).toHaveAttribute('title', /^Connected over an event stream\. WebSockets reach the server, but something in between cuts them/, { timeout: 30_000 });
  await expect(lastAnswer(page)).toHaveText(text, { timeout: 20_000 });
  await write(page, 'and on');
  await expect(lastAnswer(page)).toHaveText('and on');
  await network.stop();
});
