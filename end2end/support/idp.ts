/**
 * A minimal OpenID Connect provider: it asks nothing, signs everybody in as the user that the test chose, and has a key of its own.
 */
import { createHash, createPrivateKey, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server as Listener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const KEY = 'test';

export class Idp {
  /** The user who signs in: claims in addition to those of every token. */
  person: Readonly<Record<string, unknown>> = { sub: 'ada-1', preferred_username: 'Ada' };
  /** Whether it refuses everyone. */
  refuses = false;
  /** The last request to its page. */
  asked = new URLSearchParams();

  readonly #codes = new Map<string, URLSearchParams>();
  readonly #private: KeyObject;
  readonly #public: object;

  private constructor(private readonly listener: Listener) {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#private = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    this.#public = { ...publicKey.export({ format: 'jwk' }), use: 'sig', kid: KEY };
  }

  static async start(): Promise<Idp> {
    const listener = createServer((request, response) => void idp.#answer(request, response));
    const idp = new Idp(listener);
    await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready));
    return idp;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** The server's settings for signing in here. */
  get settings(): Record<string, string> {
    return {
      HOLDFAST_OIDC_ISSUER: this.issuer,
      HOLDFAST_OIDC_CLIENT_ID: 'holdfast',
      HOLDFAST_OIDC_CLIENT_SECRET: 'a secret of the test',
      HOLDFAST_OIDC_LABEL: 'Main Street',
    };
  }

  async stop(): Promise<void> {
    this.listener.closeAllConnections();
    await new Promise((closed) => this.listener.close(closed));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const json = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const url = new URL(request.url ?? '/', this.issuer);
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return json(200, {
          issuer: this.issuer,
          authorization_endpoint: `${this.issuer}/authorize`,
          token_endpoint: `${this.issuer}/token`,
          jwks_uri: `${this.issuer}/keys`,
        });
      case '/keys':
        return json(200, { keys: [this.#public] });
      case '/authorize': {
        this.asked = url.searchParams;
        const back = new URL(url.searchParams.get('redirect_uri') ?? '');
        back.searchParams.set('state', url.searchParams.get('state') ?? '');
        if (this.refuses) {
          back.searchParams.set('error', 'access_denied');
        } else {
          const code = `code-${this.#codes.size}`;
          this.#codes.set(code, url.searchParams);
          back.searchParams.set('code', code);
        }
        response.writeHead(302, { location: back.href }).end();
        return;
      }
      case '/token': {
        const form = new URLSearchParams(await read(request));
        const asked = this.#codes.get(form.get('code') ?? '');
        const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
        if (asked?.get('code_challenge') !== challenge) return json(400, { error: 'invalid_grant' });
        return json(200, { access_token: 'unused', token_type: 'Bearer', id_token: this.#idToken(asked.get('nonce') ?? '') });
      }
      default:
        return json(404, {});
    }
  }

  #idToken(nonce: string): string {
    const now = Math.floor(Date.now() / 1000);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: this.issuer, aud: 'holdfast', iat: now, exp: now + 300, auth_time: now, nonce, ...this.person };
    const text = `${part({ alg: 'RS256', kid: KEY })}.${part(claims)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(this.#private, 'base64url')}`;
  }
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += String(piece);
  return text;
}
