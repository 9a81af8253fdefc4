/** Debian's nginx in front of the server, with its files in a folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certify } from './certificate.ts';
import { expect, test as base } from './server.ts';

const NGINX = process.env['HOLDFAST_NGINX'] ?? '/usr/sbin/nginx';

/** The configuration in docs/running.md, "Behind nginx": the lines before its server, and those of its location. */
const [, MAP = '', MANUAL = ''] =
  /\n## Behind nginx\n[^]*?```nginx\n(map [^]*?\n\}\n)[^]*?location \/ \{\n *proxy_pass [^\n]*\n([^]*?)\n *\}/.exec(
    readFileSync(new URL('../../docs/running.md', import.meta.url), 'utf8'),
  ) ?? [];
if (MANUAL === '') throw new Error('docs/running.md has no configuration for nginx');

/** Returns the manual's lines, without those that `lines` replaces. */
function manual(lines: string): string {
  const given = lines.split(';').map((line) => line.trim().split(' ')[0]);
  return MANUAL.split('\n')
    .filter((line) => !given.includes(line.trim().split(' ')[0]))
    .join('\n');
}

export type Way = {
  /** The base path, such as `/chat`. The server gets it by HOLDFAST_PUBLIC_URL. */
  readonly path?: string;
  /** Whether nginx removes the path. */
  readonly strips?: boolean;
  /** `manual`: with the manual's lines. `default`: with proxy_pass only. */
  readonly manner: 'manual' | 'default';
  /** Further lines of the location. */
  readonly lines?: string;
  /** With a self-signed certificate, and HTTP/2. */
  readonly tls?: boolean;
};

class Nginx {
  #process: ChildProcess | undefined;

  private constructor(private readonly folder: string) {}

  static async start(port: number, upstream: number, way: Way): Promise<Nginx> {
    const nginx = new Nginx(await mkdtemp(join(tmpdir(), 'holdfast-nginx-')));
    await nginx.#launch(port, upstream, way).catch(async (error: unknown) => {
      await nginx.stop();
      throw error;
    });
    return nginx;
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  async #launch(port: number, upstream: number, way: Way): Promise<void> {
    const at = (name: string): string => join(this.folder, name);
    if (way.tls) await certify(at('certificate.pem'), at('key.pem'));
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const config = `
      daemon off;
      master_process off;
      pid ${at('pid')};
      error_log ${at('error.log')};
      events {}
      http {
        access_log off;
        ${temporary.map((name) => `${name}_temp_path ${at(name)};`).join(' ')}
        ${MAP}
        server {
          listen 127.0.0.1:${port}${way.tls ? ' ssl http2' : ''};
          ${way.tls ? `ssl_certificate ${at('certificate.pem')}; ssl_certificate_key ${at('key.pem')};` : ''}
          location ${way.path ?? ''}/ {
            proxy_pass http://127.0.0.1:${upstream}${way.strips ? '/' : ''};
            ${way.manner === 'manual' ? manual(way.lines ?? '') : ''}
            ${way.lines ?? ''}
          }
        }
      }`;
    await writeFile(at('nginx.conf'), config);
    const child = spawn(NGINX, ['-p', this.folder, '-e', at('error.log'), '-c', at('nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise<never>((_, reject) => {
      child.once('error', (error) => reject(new Error(`${NGINX} could not be started: ${error.message}`)));
      child.once('exit', (code) => reject(new Error(`nginx ended with ${code}: ${said}`)));
    });
    ended.catch(() => undefined); // it ends with the test, too
    await Promise.race([expect.poll(() => listens(port), { intervals: [20] }).toBe(true), ended]);
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Returns a free port, because server and nginx must know each other's port before either starts. */
async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready));
  const { port } = listener.address() as AddressInfo;
  await new Promise((closed) => listener.close(closed));
  return port;
}

/** Tests through nginx: `test.use({ way: { … } })`. Pages and calls go to `url`. */
export const test = base.extend<{ way: Way; ports: { readonly front: number; readonly back: number }; url: string }>({
  way: [{ manner: 'manual' }, { option: true }],

  ports: async ({}, use) => use({ front: await freePort(), back: await freePort() }),

  url: async ({ way, ports }, use) => use(`${way.tls ? 'https' : 'http'}://127.0.0.1:${ports.front}${way.path ?? ''}`),

  settings: async ({ way, ports, url }, use) => {
    const path = way.path === undefined ? {} : { HOLDFAST_PUBLIC_URL: url };
    await use({ HOLDFAST_LISTEN: `127.0.0.1:${ports.back}`, ...path });
  },

  baseURL: async ({ way, ports, url, server: _ }, use) => {
    const nginx = await Nginx.start(ports.front, ports.back, way);
    await use(`${url}/`);
    await nginx.stop();
  },
});

export { expect };
