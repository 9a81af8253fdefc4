/** API calls of the tests, to prepare data and to check what is stored. */
import type { APIRequestContext, APIResponse } from '@playwright/test';
import { expect, type Server } from './server.ts';

export type Message = {
  readonly id: string;
  readonly parent_id?: string;
  readonly role: 'user' | 'assistant';
  readonly content: string;
  readonly status: 'accepted' | 'streaming' | 'complete' | 'stopped' | 'interrupted' | 'failed';
};

export type Refused = { readonly code: string; readonly path: string; readonly origin?: string };

export type Credentials = { readonly username: string; readonly password: string };

export class Api {
  private constructor(
    private readonly request: APIRequestContext,
    private readonly base: string,
    /** The access token. */
    readonly token: string,
  ) {}

  /** A client of a new guest. With `context.request`, the pages of that context belong to this guest too. */
  static async guest(request: APIRequestContext, base = ''): Promise<Api> {
    return Api.#enter(request, base, 'guest');
  }

  /** A client of a new account. */
  static async signUp(request: APIRequestContext, credentials: Credentials, base = ''): Promise<Api> {
    return Api.#enter(request, base, 'signup', credentials);
  }

  /** A client of an existing account. */
  static async login(request: APIRequestContext, credentials: Credentials, base = ''): Promise<Api> {
    return Api.#enter(request, base, 'login', credentials);
  }

  /** A client of the first administrator, by the link that the server printed. */
  static async claim(request: APIRequestContext, server: Server, credentials: Credentials): Promise<Api> {
    const token = (await server.claimPath()).split('#')[1];
    return Api.#enter(request, server.url, 'claim', { ...credentials, token });
  }

  /** A client of the user who is signed in on the pages of that context. */
  static async here(request: APIRequestContext, base = ''): Promise<Api> {
    return Api.#enter(request, base, 'refresh');
  }

  static async #enter(request: APIRequestContext, base: string, how: string, data?: object): Promise<Api> {
    const response = await request.post(`${base}/api/auth/${how}`, data === undefined ? {} : { data });
    const grant = (await good(response)) as { access_token: string };
    return new Api(request, base, grant.access_token);
  }

  /** Creates a conversation, and returns its id. With `model`, later messages in it use the same model. */
  async begin(content: string, model = 'echo'): Promise<string> {
    const { id } = (await this.#call('post', 'conversations', {})) as { id: string };
    await this.ask(id, content, model);
    return id;
  }

  /** Sends a message. */
  async ask(conversation: string, content: string, model?: string, parent_id?: string): Promise<void> {
    const message = { message_id: crypto.randomUUID(), content, parent_id, ...(model === undefined ? {} : { provider: 'builtin', model }) };
    await this.#call('post', `conversations/${conversation}/messages`, message);
  }

  async messages(conversation: string): Promise<readonly Message[]> {
    const { messages } = (await this.#call('get', `conversations/${conversation}`)) as { messages: readonly Message[] };
    return messages;
  }

  /** Returns the newest answer in a conversation. */
  async answer(conversation: string): Promise<Message> {
    const answer = (await this.messages(conversation)).findLast(({ role }) => role === 'assistant');
    if (answer === undefined) throw new Error('There is no answer in this conversation.');
    return answer;
  }

  /**
   * Imports a conversation of so many messages whose answers are all the same; `last` adds fields to the last message. Returns its id.
   */
  async bring(title: string, count: number, answer: string, last: object = {}): Promise<string> {
    const ids = Array.from({ length: count }, () => crypto.randomUUID());
    const [id, now] = [crypto.randomUUID(), Date.now()];
    const messages = ids.map((message, n) => ({
      id: message,
      conversation_id: id,
      parent_id: ids[n - 1],
      role: n % 2 === 0 ? 'user' : 'assistant',
      content: n % 2 === 0 ? `Question ${n / 2 + 1}` : answer,
      status: n % 2 === 0 ? 'accepted' : 'complete',
      created_at: now - (count - n) * 1000,
      rev: n + 1,
      ...(n === count - 1 ? last : {}),
    }));
    const own = [{ id, title, created_at: now, updated_at: now, answering: false, cursor: 0, messages }];
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/octet-stream' };
    const response = await this.request.post(`${this.base}/api/import`, { headers, data: Buffer.from(JSON.stringify(own)) });
    expect(response.ok(), await response.text()).toBe(true);
    const { conversations } = (await this.#call('get', 'conversations')) as { conversations: readonly { id: string; title: string }[] };
    const brought = conversations.find((one) => one.title === title);
    if (brought === undefined) throw new Error('What was brought is not in the list.');
    return brought.id;
  }

  /** Waits until no answer is being written in a conversation. */
  async settled(conversation: string): Promise<void> {
    const statuses = async (): Promise<string[]> => (await this.messages(conversation)).map(({ status }) => status);
    await expect.poll(statuses, { timeout: 30_000 }).not.toContain('streaming');
  }

  /** As an administrator: creates an invitation; returns the path of its link. */
  async invite(): Promise<string> {
    const { path } = (await this.#call('post', 'admin/invitations', {})) as { path: string };
    return path;
  }

  /** As an administrator: suspends a user. */
  async suspend(username: string, reason: string): Promise<void> {
    const { people } = (await this.#call('get', `admin/users?search=${username}`)) as { people: readonly { id: string }[] };
    await this.#call('patch', `admin/users/${people[0]?.id}`, { suspended: true, reason });
  }

  /** As an administrator: returns the recent refusals. */
  async refusals(): Promise<readonly Refused[]> {
    const { refusals } = (await this.#call('get', 'admin/activity')) as { refusals: readonly Refused[] };
    return refusals;
  }

  /** Uploads a text as a file. */
  async upload(name: string, content: string): Promise<void> {
    const headers = { authorization: `Bearer ${this.token}` };
    const multipart = { file: { name, mimeType: 'text/plain', buffer: Buffer.from(content) } };
    await good(await this.request.post(`${this.base}/api/files`, { headers, multipart }));
  }

  async delete(conversation: string): Promise<void> {
    await this.#call('delete', `conversations/${conversation}`);
  }

  async #call(method: 'get' | 'post' | 'patch' | 'delete', path: string, data?: object): Promise<unknown> {
    const options = { headers: { authorization: `Bearer ${this.token}` }, ...(data === undefined ? {} : { data }) };
    return good(await this.request[method](`${this.base}/api/${path}`, options));
  }
}

async function good(response: APIResponse): Promise<unknown> {
  const text = await response.text();
  if (!response.ok()) throw new Error(`${response.url()} answered ${response.status()}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
