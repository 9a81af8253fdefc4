/** A provider that speaks OpenAI's API, and has the models that the test names. */
import { createServer, type IncomingMessage, type Server as Listener, type ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';

export class Upstream {
  /** What it lists. */
  models: readonly string[] = [];
  /** Whether it is llama.cpp's server, which has no other models than it lists. */
  isLlamaCpp = false;
  /** The keys that it takes; none: it asks for none. */
  keys: readonly string[] = [];
  /** What it says, piece by piece, and how long after another, ms. */
  speech: { readonly pieces: readonly string[]; readonly every: number } = { pieces: ['Hello from there.'], every: 0 };
  /** Why it ends. */
  finish = 'stop';
  /** Whether it loads the model yet, as llama.cpp's server says it. */
  isLoading = false;
  /** How many requests came, whatever for. */
  heard = 0;
  /** The keys that questions came with. */
  readonly used: string[] = [];

  private constructor(
    private readonly listener: Listener,
    private readonly scheme: string,
  ) {}

  /** By https where it is given a certificate and its key, as PEM. */
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

  /** By the clock: a piece that comes late makes none after it late. */
  async #say(response: ServerResponse): Promise<void> {
    const say = (choice: object): boolean => response.write(`data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`);
    const { pieces, every } = this.speech;
    const began = performance.now();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const [index, content] of pieces.entries()) {
      const wait = began + index * every - performance.now();
      if (wait > 0) await new Promise((later) => setTimeout(later, wait));
      if (response.destroyed) return;
      say({ delta: { content } });
    }
    say({ delta: {}, finish_reason: this.finish });
    response.end();
  }

  /** Its list, or its speech to whatever is asked. */
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
