/** A provider that speaks OpenAI's API, and has the models that the story says. */
import { createServer, type Server as Listener } from 'node:http';
import type { AddressInfo } from 'node:net';

export class Upstream {
  /** What it lists. It answers nothing else. */
  models: readonly string[] = [];

  private constructor(private readonly listener: Listener) {}

  static async start(models: readonly string[]): Promise<Upstream> {
    const listener = createServer((request, response) => {
      const isList = request.method === 'GET' && request.url === '/v1/models';
      response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isList ? { object: 'list', data: upstream.models.map((id) => ({ id, object: 'model' })) } : {}));
    });
    const upstream = new Upstream(listener);
    upstream.models = models;
    await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready));
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}/v1`;
  }

  async stop(): Promise<void> {
    this.listener.closeAllConnections();
    await new Promise((closed) => this.listener.close(closed));
  }
}
