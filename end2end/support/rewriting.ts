/**
 * A proxy between browser and server that behaves like some proxies and CDNs: it rewrites documents, and replaces or refuses files.
 * Sockets pass.
 */
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export type Changes = {
  /** Changes documents. */
  readonly html?: (html: string) => string;
  /** Changes files, by path: another body, or a status instead. */
  readonly file?: (path: string, body: Buffer) => Buffer | number | undefined;
};

export class Rewriting {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  /** The current changes. */
  changes: Changes = {};

  private constructor(private readonly upstreamPort: number) {
    this.#server = createServer((asked, reply) => this.#pass(asked, reply));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('upgrade', (asked: IncomingMessage, socket: Socket, head: Buffer) => this.#upgrade(asked, socket, head));
  }

  static async start(upstreamPort: number, changes: Changes = {}): Promise<Rewriting> {
    const proxy = new Rewriting(upstreamPort);
    proxy.changes = changes;
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(asked: IncomingMessage, reply: ServerResponse): void {
    const path = asked.url ?? '/';
    const headers = { ...asked.headers, 'accept-encoding': 'identity' };
    const passed = request({ port: this.upstreamPort, host: '127.0.0.1', path, method: asked.method, headers }, (came) => {
      const isHtml = (came.headers['content-type'] ?? '').startsWith('text/html');
      const isFile = /\.(js|wasm|css)$/.test(path);
      if (!isHtml && !isFile) {
        reply.writeHead(came.statusCode ?? 502, came.headers);
        came.pipe(reply);
        return;
      }
      const pieces: Buffer[] = [];
      came.on('data', (piece: Buffer) => pieces.push(piece));
      came.on('end', () => {
        const body = Buffer.concat(pieces);
        const { 'content-length': _, 'transfer-encoding': __, ...kept } = came.headers;
        const changed = isHtml ? Buffer.from(this.changes.html?.(body.toString()) ?? body) : (this.changes.file?.(path, body) ?? body);
        if (typeof changed === 'number') {
          reply.writeHead(changed, { 'content-type': 'text/html' });
          reply.end('<h1>Blocked</h1>');
          return;
        }
        reply.writeHead(came.statusCode ?? 502, { ...kept, 'content-length': changed.length });
        reply.end(changed);
      });
    });
    passed.on('error', () => reply.destroy());
    asked.pipe(passed);
  }

  #upgrade(asked: IncomingMessage, socket: Socket, head: Buffer): void {
    const upstream = connect(this.upstreamPort, '127.0.0.1', () => {
      const lines = asked.rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${asked.rawHeaders[at + 1]}`] : []));
      upstream.write(`GET ${asked.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    const end = (): void => {
      socket.destroy();
      upstream.destroy();
    };
    for (const one of [socket, upstream]) one.on('error', end).on('close', end);
    this.#sockets.add(upstream);
  }
}

/** Changes a document without touching its scripts, like a proxy that leaves scripts alone. */
export const besideScripts = (change: (html: string) => string) => (html: string): string =>
  html
    .split(/(<script[\s\S]*?<\/script>)/)
    .map((part, at) => (at % 2 === 0 ? change(part) : part))
    .join('');

export const withoutComments = (html: string): string => html.replace(/<!--[\s\S]*?-->|<!>/g, '');

/** Cloudflare's protection of e-mail addresses. */
export const withoutAddresses = besideScripts((html) =>
  html.replace(/[\w.+-]+@[\w-]+\.[\w.]+/g, '<a href="/cdn-cgi/l/email-protection" class="__cf_email__" data-cfemail="6a0b2a">[email&#160;protected]</a>'),
);

/** Cloudflare's Rocket Loader, which leaves scripts alone that opt out. */
export const laterScripts = (html: string, isAsked = true): string =>
  html.replace(/<script\b([^>]*)>/g, (tag, rest: string) => {
    if ((isAsked && rest.includes('data-cfasync="false"')) || rest.includes('application/json')) return tag;
    return `<script type="3f1c-${/type="([^"]*)"/.exec(rest)?.[1] ?? 'text/javascript'}"${rest.replace(/type="[^"]*"/, '')}>`;
  });

/** Simple minifiers: replace all white space by one space. */
export const onOneLine = (html: string): string => html.replace(/\s+/g, ' ');
