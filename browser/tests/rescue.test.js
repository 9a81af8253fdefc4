import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

/** @type {Record<string, any>} */
const browser = globalThis;
/** @type {{ path: string, body: any, token: string | undefined }[]} */
let calls = [];
/** @type {Map<string, { status: number, body: unknown }>} */
let replies = new Map();

beforeEach(() => {
  calls = [];
  replies = new Map([
    ['auth/guest', { status: 200, body: { access_token: 'guest' } }],
    ['auth/refresh', { status: 200, body: { access_token: 'member' } }],
    ['conversations', { status: 201, body: { id: 'new-conversation' } }],
  ]);
  browser.location = { pathname: '/' };
  browser.localStorage = { getItem: () => null };
  browser.fetch = async (/** @type {string} */ url, /** @type {any} */ { body, headers }) => {
    const path = url.slice(url.indexOf('/api/') + '/api/'.length);
    calls.push({ path, body: JSON.parse(body), token: headers['holdfast-token'] });
    const { status, body: reply } = replies.get(path) ?? { status: 200, body: {} };
    return new Response(typeof reply === 'string' ? reply : JSON.stringify(reply), { status, statusText: 'Status' });
  };
});

const { send, sends } = await import('../modules/rescue.js');
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('a guest starts a conversation with the message', async () => {
  assert.equal(await send({ base: '/chat', user: undefined }, 'First'), '/chat/c/new-conversation');
  assert.deepEqual(calls.map(({ path }) => path), ['auth/guest', 'conversations', 'conversations/new-conversation/messages']);
  assert.equal(calls[2]?.token, 'guest');
  assert.equal(calls[2]?.body.content, 'First');
  assert.match(calls[2]?.body.message_id, UUID);
});

test('in an open conversation, a member adds the message to it', async () => {
  browser['location'] = { pathname: '/c/open' };
  assert.equal(await send({ base: '', user: 'ada' }, 'Second'), '/c/open');
  assert.deepEqual(calls.map(({ path }) => path), ['auth/refresh', 'conversations/open/messages']);
});

test('trying again sends the same ids, and another text gets new ones', async () => {
  replies.set('conversations/new-conversation/messages', { status: 503, body: { error: 'Try again.' } });
  await assert.rejects(send({ base: '', user: undefined }, 'Again'), { message: 'Try again.' });
  replies.delete('conversations/new-conversation/messages');
  await send({ base: '', user: undefined }, 'Again');
  await send({ base: '', user: undefined }, 'Other');
  const ids = calls.filter(({ path }) => path.endsWith('/messages')).map(({ body }) => body.message_id);
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[1], ids[2]);
  assert.equal(calls.filter(({ path }) => path === 'conversations').length, 2);
});

test('a reply that is not the server\'s is reported by its status', async () => {
  replies.set('auth/guest', { status: 502, body: '<html>' });
  await assert.rejects(send({ base: '', user: undefined }, 'Nobody there'), { message: '502 Status' });
});

test('the setting decides which key sends', () => {
  const key = { key: 'Enter', shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, isComposing: false };
  assert.equal(sends(key), true);
  assert.equal(sends({ ...key, key: 'a' }), false);
  assert.equal(sends({ ...key, shiftKey: true }), false);
  assert.equal(sends({ ...key, isComposing: true }), false);
  assert.equal(sends({ ...key, ctrlKey: true }), false);
  browser['localStorage'] = { getItem: () => 'ctrl' };
  assert.equal(sends(key), false);
  assert.equal(sends({ ...key, ctrlKey: true }), true);
  assert.equal(sends({ ...key, metaKey: true }), true);
});
