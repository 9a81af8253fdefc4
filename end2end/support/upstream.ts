/** A provider that speaks OpenAI's API, and has the models that the test names. */
import { createServer, type IncomingMessage, type Server as Listener, type ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';

export class Upstream {
  /** The models that it lists. */
  models: readonly string[] = [];
  /** Whether it behaves like llama.cpp's server, which only has the models that it lists. */
  isLlamaCpp = false;
  /** The keys that it accepts; empty if it needs none. */
  keys: readonly string[] = [];
  /** The pieces of its answers, and the time between them, ms. */
  speech: { readonly pieces: readonly string[]; readonly every: number } = { pieces: ['Hello from there.'], every: 0 };
  /** The pieces of its reasoning, which come before those of the answer, in the same rhythm. */
  thoughts: readonly string[] = [];
  /** The finish reason of its answers. */
  finish = 'stop';
  /** Whether it is still loading the model, as llama.cpp's server reports it. */
  isLoading = false;
  /** Number of all requests. */
  heard = 0;
  /** The keys sent with requests for an answer. */
  readonly used: string[] = [];

  private constructor(
    private readonly listener: Listener,
    private readonly scheme: string,
  ) {}

  /** Uses https if a certificate and its key (PEM) are given. */
  static async start(models: readonly string[], keys: readonly string[] = [], pair?: { cert: Buffer; key: Buffer }): Promise<Upstream> {
    const answer = (request: IncomingMessage, response: ServerResponse): void => upstream.#answer(request, response);
    const upstream: Upstream = pair === undefined ? new Upstream(createServer(answer), 'http') : new Upstream(createSecure(pair, answer), 'https');
    const { listener } = upstream;
    upstream.models = models;
    upstream.keys = keys;
    await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready));
    return upstream;
  }

  get url(): string {
    return `${this.scheme}://127.0.0.1:${(this.listener.address() as AddressInfo).port}/v1`;
  }

  async stop(): Promise<void> {
    this.listener.closeAllConnections();
    await new Promise((closed) => this.listener.close(closed));
  }

  /** Timed from the start, so that one late piece does not delay the others. */
  async #say(response: ServerResponse): Promise<void> {
    const say = (choice: object): boolean => response.write(`data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`);
    const { pieces, every } = this.speech;
    const began = performance.now();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const deltas = [...this.thoughts.map((reasoning_content) => ({ reasoning_content })), ...pieces.map((content) => ({ content }))];
    for (const [index, delta] of deltas.entries()) {
      const wait = began + index * every - performance.now();
      if (wait > 0) await new Promise((later) => setTimeout(later, wait));
      if (response.destroyed) return;
      say({ delta });
    }
    say({ delta: {}, finish_reason: this.finish });
    response.end();
  }

  /** Returns the list of models, or an answer. */
  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.heard += 1;
    const json = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const key = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    if (this.keys.length > 0 && !this.keys.includes(key)) {
      json(401, { error: { message: `bad key ${key}` } });
    } else if (request.method === 'GET' && request.url === '/v1/models') {
      const owner = this.isLlamaCpp ? { owned_by: 'llamacpp' } : {};
      json(200, { object: 'list', data: this.models.map((id) => ({ id, object: 'model', ...owner })) });
    } else if (request.method === 'POST' && request.url === '/v1/chat/completions') {
      this.used.push(key);
      if (this.isLoading) json(503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } });
      else void this.#say(response);
    } else {
      json(404, {});
    }
  }
}
