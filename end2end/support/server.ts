/**
 * Runs the real program for a test: each test has its own server, port and data folder, and fails if a page logs an error.
 */
import { test as base, expect, type ConsoleMessage } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { chown, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export { expect };

const READY = /^Holdfast is ready: (https?:\/\/\S+)$/m;
const READY_WITHIN_MS = 20_000;
const GONE_WITHIN_MS = 15_000;

/** The user id of nobody on Debian and most other systems. */
const NOBODY = 65_534;

export type Environment = Readonly<Record<string, string>>;

/** The only variables taken from the developer's shell: others may hold keys that cost money, or settings that change the test. */
function inherit(...names: string[]): Environment {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

/** The binary under test. */
export function binary(): string {
  const target = process.env['CARGO_TARGET_DIR'] ?? resolve(import.meta.dirname, '../../target');
  return process.env['HOLDFAST_BIN'] ?? join(target, 'release', 'holdfast');
}

export class Server {
  #process: ChildProcess | undefined;
  #url = '';
  #log = '';

  private constructor(
    /** The working directory: the data folder, unless the binary runs alone. It survives `kill` and `restart`. */
    readonly folder: string,
    private readonly environment: Environment,
    private readonly program = binary(),
    private readonly user: { uid?: number; gid?: number } = {},
  ) {}

  /** Starts a server and waits until it reports that it is ready. `environment` is added to the settings of all tests. */
  static async start(environment: Environment = {}): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-'));
    const inherited = { ...inherit('LANG', 'TMPDIR', 'LLVM_PROFILE_FILE', 'LEPTOS_SITE_ROOT'), HOLDFAST_DATA: folder, HOLDFAST_DISCOVER: 'false' };
    return await new Server(folder, { ...inherited, ...environment }).#started();
  }

  /** Starts a copy of the binary in an empty folder, without settings, and as another user if permitted. */
  static async alone(): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-'));
    const copy = join(folder, 'holdfast');
    await copyFile(binary(), copy);
    const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    for (const path of [folder, copy]) await chown(path, user.uid ?? -1, user.gid ?? -1);
    return await new Server(folder, {}, copy, user).#started();
  }

  async #started(): Promise<this> {
    await this.#launch('127.0.0.1:0').catch(async (error: unknown) => {
      await this.remove();
      throw error;
    });
    return this;
  }

  /** The address to open, without a slash at its end. */
  get url(): string {
    return this.#url;
  }

  get port(): number {
    return Number(new URL(this.#url).port);
  }

  /** Everything that it wrote to stdout and stderr since its first start. */
  get log(): string {
    return this.#log;
  }

  /** The path of the link that creates the first administrator. */
  async claimPath(): Promise<string> {
    const path = (): string | undefined => /\/claim#\S+/.exec(this.#log)?.[0];
    await expect.poll(path).toBeDefined();
    return path() ?? '';
  }

  get running(): boolean {
    return this.#process !== undefined;
  }

  /** Stops it with SIGTERM, as a service manager does, and waits. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Kills it with SIGKILL, and waits. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Starts it again with the same address and data, after stopping it if it runs. */
  async restart(): Promise<void> {
    await this.stop();
    await this.#launch(`127.0.0.1:${this.port}`);
  }

  /** Stops it and removes its data. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #launch(listen: string): Promise<void> {
    const child = spawn(this.program, [], {
      cwd: this.folder, // a holdfast.toml of the developer is not read
      env: { ...inherit('PATH', 'HOME'), HOLDFAST_LISTEN: listen, ...this.environment },
      ...this.user,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    const from = this.#log.length;
    this.#url = await new Promise<string>((ready, failed) => {
      const fail = (why: string): void => {
        clearTimeout(timer);
        failed(new Error(`${this.program} ${why}. It wrote:\n${this.#log.slice(from) || '(nothing)'}`));
      };
      const timer = setTimeout(() => fail(`was not ready within ${READY_WITHIN_MS} ms`), READY_WITHIN_MS);
      const listenTo = (chunk: string): void => {
        this.#log += chunk;
        const address = READY.exec(this.#log.slice(from))?.[1];
        if (address !== undefined) {
          clearTimeout(timer);
          ready(address.replace(/\/$/, ''));
        }
      };
      child.stdout.setEncoding('utf8').on('data', listenTo);
      child.stderr.setEncoding('utf8').on('data', listenTo);
      child.once('error', (error) => {
        this.#process = undefined;
        fail(`could not be started (${error.message}); build it with 'make build'`);
      });
      child.once('exit', (code, signal) => {
        if (this.#process === child) this.#process = undefined;
        fail(`ended with ${signal ?? code} before it was ready`);
      });
    });
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const gone = new Promise<boolean>((resolved) => {
      const timer = setTimeout(() => resolved(false), GONE_WITHIN_MS);
      child.once('exit', () => {
        clearTimeout(timer);
        resolved(true);
      });
    });
    child.kill(signal);
    if (await gone) return;
    child.kill('SIGKILL');
    throw new Error(`The server was still there ${GONE_WITHIN_MS} ms after ${signal}. It wrote:\n${this.#log}`);
  }
}

type Options = {
  /** Settings of this test's server: `test.use({ settings: { HOLDFAST_LIMITS: 'off' } })`. */
  settings: Environment;
};

type Fixtures = {
  server: Server;
  /** Allows console messages that the test causes, for example by cutting the network: `allow(/ERR_CONNECTION_REFUSED/)`. */
  allow: (complaint: RegExp) => void;
  /** The patterns that were allowed so far. */
  allowed: RegExp[];
};

function describe(message: ConsoleMessage): string {
  const { url, lineNumber } = message.location();
  return `console.${message.type()}: ${message.text()}${url === '' ? '' : ` (${url}:${lineNumber + 1})`}`;
}

function isComplaint(message: ConsoleMessage): boolean {
  if (message.text() === 'Service Worker registration blocked by Playwright') return false; // as it is told to
  return message.type() === 'error' || message.type() === 'warning' || /hydrat\w* (error|mismatch|fail)/i.test(message.text());
}

export const test = base.extend<Options & Fixtures>({
  settings: [{}, { option: true }],

  server: async ({ settings }, use, testInfo) => {
    const server = await Server.start(settings);
    await use(server);
    if (testInfo.status !== testInfo.expectedStatus) await testInfo.attach('server.log', { body: server.log, contentType: 'text/plain' });
    await server.remove();
  },

  baseURL: async ({ server }, use) => use(server.url),

  // An empty pattern, because Playwright reads from it which fixtures this one needs.
  allowed: async ({}, use) => use([]),

  allow: async ({ allowed }, use) => use((complaint) => void allowed.push(complaint)),

  /** On the context, so that messages of second tabs count too. */
  context: async ({ context, allowed }, use) => {
    const complaints: string[] = [];
    context.on('console', (message) => {
      if (isComplaint(message)) complaints.push(describe(message));
    });
    context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().stack ?? error.error().message}`));
    await use(context);
    const unexpected = complaints.filter((complaint) => !allowed.some((pattern) => pattern.test(complaint)));
    expect(unexpected, 'a page has complained').toEqual([]);
  },
});
