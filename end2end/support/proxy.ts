/**
 * A TCP proxy between browser and server that behaves like bad networks: it cuts, stalls or refuses connections. The page is opened
 * at the proxy's address, so that page, API and socket all go through it.
 */
import { createServer, connect, type AddressInfo, type Server as Listener, type Socket } from 'node:net';

type Pair = { readonly client: Socket; readonly upstream: Socket; forgotten?: boolean };

/**
 * Decides by a request's head what happens to it: `undefined` passes it on, a text replaces it, a text that begins with `HTTP/1.1`
 * answers it in the server's place, `swallow` ignores it, and `cut` closes its connection.
 */
export type Rule = (head: string) => string | 'swallow' | 'cut' | undefined;

export class Proxy {
  readonly #pairs = new Set<Pair>();
  #listener: Listener | undefined;
  #port = 0;
  #stalled = false;
  #upgradedLifeMs: number | undefined;
  #rule: Rule | undefined;
  #idleMs: number | undefined;
  #idleCuts = 0;

  private constructor(private readonly upstreamPort: number) {}

  static async start(upstreamPort: number): Promise<Proxy> {
    const proxy = new Proxy(upstreamPort);
    await proxy.accept();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Returns the number of connections. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Resets all connections. New ones work. */
  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  /** From now on, connections with an upgrade last this long. */
  killUpgradedAfter(ms: number): void {
    this.#upgradedLifeMs = ms;
  }

  /** From now on, connections with an upgrade are cut after being idle for this long. */
  cutUpgradedWhenIdleFor(ms: number): void {
    this.#idleMs = ms;
  }

  /** Returns how many connections were cut because they were idle. */
  get idleCuts(): number {
    return this.#idleCuts;
  }

  /** From now on, the content of requests decides what happens to them. */
  rule(rule: Rule | undefined): void {
    this.#rule = rule;
  }

  /** Stops all data in both directions, on old and new connections, without closing them. */
  stall(): void {
    this.#stalled = true;
    this.#eachSocket((socket) => socket.pause());
  }

  /** Ends `stall`: delivers the waiting data. */
  resume(): void {
    this.#stalled = false;
    this.#eachSocket((socket) => socket.resume());
  }

  /** Drops all further data of existing connections silently, like a NAT that forgot them. New ones work. */
  forget(): void {
    for (const pair of this.#pairs) pair.forgotten = true;
  }

  /** Resets all connections, and refuses new ones. */
  async refuse(): Promise<void> {
    const listener = this.#listener;
    if (listener === undefined) return;
    this.#listener = undefined;
    const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
    this.cut();
    await closed;
  }

  /** Ends `refuse`, on the same port. */
  async accept(): Promise<void> {
    if (this.#listener !== undefined) return;
    const listener = createServer((client) => this.#join(client));
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#listener = listener;
    this.#port = (listener.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.resume();
    await this.refuse();
  }

  #join(client: Socket): void {
    const upstream = connect(this.upstreamPort, '127.0.0.1');
    const pair: Pair = { client, upstream };
    this.#pairs.add(pair);
    client.once('data', (head: Buffer) => {
      this.#watchIdleness(pair, head);
      if (this.#upgradedLifeMs === undefined || !/^upgrade: websocket/im.test(head.toString('latin1'))) return;
      setTimeout(() => client.resetAndDestroy(), this.#upgradedLifeMs);
    });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.setNoDelay(true);
      // By hand and not by `pipe`, which would start a stalled socket again.
      from.on('data', (bytes: Buffer) => {
        if (pair.forgotten === true) return;
        const passed = from === client ? this.#judged(pair, bytes) : bytes;
        if (passed !== undefined && !to.write(passed)) from.pause();
      });
      to.on('drain', () => {
        if (!this.#stalled) from.resume();
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroySoon();
        this.#pairs.delete(pair);
      });
      if (this.#stalled) from.pause();
    }
  }

  #watchIdleness({ client, upstream }: Pair, head: Buffer): void {
    if (this.#idleMs === undefined || !/^upgrade: websocket/im.test(head.toString('latin1'))) return;
    const timer = setTimeout(() => {
      this.#idleCuts += 1;
      client.destroy();
    }, this.#idleMs);
    for (const socket of [client, upstream]) socket.on('data', () => timer.refresh());
    client.on('close', () => clearTimeout(timer));
  }

  /** Returns the part of the browser's data that is passed on; nothing for all of it. */
  #judged(pair: Pair, bytes: Buffer): Buffer | string | undefined {
    const { client } = pair;
    const text = bytes.toString('latin1');
    if (this.#rule === undefined || !/^[A-Z]+ \S+ HTTP\/1\.1\r\n/.test(text)) return bytes;
    const verdict = this.#rule(text);
    if (verdict === undefined) return bytes;
    if (verdict === 'swallow') return undefined;
    if (verdict === 'cut') {
      client.resetAndDestroy();
      return undefined;
    }
    if (!verdict.startsWith('HTTP/1.1')) return Buffer.from(verdict, 'latin1');
    pair.forgotten = true; // what follows of the request is read and dropped, or the answer would be lost with a reset
    client.end(verdict);
    return undefined;
  }

  #eachSocket(what: (socket: Socket) => void): void {
    for (const { client, upstream } of this.#pairs) {
      what(client);
      what(upstream);
    }
  }
}
