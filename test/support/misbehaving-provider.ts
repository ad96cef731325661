import { createHmac, generateKeyPairSync, sign as signBytes, constants, type KeyObject } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The answer, or the way it fails: none, half of it, a closed connection, or one without end. */
export type Answer =
  { status?: number; headers?: Record<string, string>; body?: unknown } | 'hang' | 'stall' | 'reset' | 'endless'

/** A request as it was received. */
export interface Seen {
  method: string
  path: string
  headers: IncomingHttpHeaders
  form: URLSearchParams
}

export type Answerer = (seen: Seen) => Answer | Promise<Answer>

/** A key pair of the provider, and its published part. */
export interface SigningKey {
  kid: string
  privateKey: KeyObject
  jwk: Record<string, unknown>
}

export type Endpoint = 'discovery' | 'keys' | 'token' | 'revocation'

/** How a token is signed. `header` replaces members; `undefined` removes one. */
export interface Signing {
  key?: SigningKey
  alg?: 'RS256' | 'PS256' | 'ES256' | 'HS256' | 'none'
  header?: Record<string, unknown>
  /** The secret of an HS256 signature. */
  secret?: string | Buffer
}

const DAY_S = 86_400

/** An RSA key, or with `crv` an elliptic one. */
export function newKey(kid: string, { bits = 2048, curve = false } = {}): SigningKey {
  const { privateKey, publicKey } = curve
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: bits })
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' } }
}

/** A compact JWS over any payload, also a wrong one. */
export function jws(payload: unknown, { key, alg = 'RS256', header = {}, secret = '' }: Signing): string {
  const encode = (value: unknown): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  const data = `${encode({ alg, kid: key?.kid, typ: 'JWT', ...header })}.${encode(payload)}`
  return `${data}.${signature(Buffer.from(data), alg, key, secret).toString('base64url')}`
}

function signature(
  data: Buffer,
  alg: NonNullable<Signing['alg']>,
  key: SigningKey | undefined,
  secret: string | Buffer
) {
  if (alg === 'none') return Buffer.alloc(0)
  if (alg === 'HS256') return createHmac('sha256', secret).update(data).digest()
  if (alg === 'ES256') return signBytes('sha256', data, { key: key!.privateKey, dsaEncoding: 'ieee-p1363' })
  if (alg === 'RS256') return signBytes('sha256', data, key!.privateKey)
  const padding = constants.RSA_PKCS1_PSS_PADDING
  return signBytes('sha256', data, { key: key!.privateKey, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
}

/**
 * An OpenID provider over real HTTP, for tests of the checks of a client. Each answer of an endpoint and each ID token can be
 * changed. It checks no request.
 */
export class MisbehavingProvider {
  readonly clientId = 'client-1.apps.example'
  /** One key for all providers of a process, because making one takes long. */
  static readonly #key = newKey('key-1')
  readonly key = MisbehavingProvider.#key
  /** The keys that the key endpoint publishes. */
  published: SigningKey[] = [this.key]
  /** All requests, the oldest first. */
  seen: Seen[] = []
  /** The nonce in the next ID token. */
  nonce: string | undefined
  #answers: Partial<Record<Endpoint, Answerer>> = {}
  readonly #server: Server

  constructor(server: Server) {
    this.#server = server
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { method = '', url = '', headers } = request
        const form = new URLSearchParams(Buffer.concat(chunks).toString())
        void this.#answer({ method, path: url, headers, form }, response)
      })
    })
  }

  static async start(): Promise<MisbehavingProvider> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new MisbehavingProvider(server)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get metadata(): Record<string, unknown> {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/keys`,
      revocation_endpoint: `${this.issuer}/revocation`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post']
    }
  }

  /** Replaces the answer of an endpoint, until `behave()`. */
  answer(endpoint: Endpoint, answer: Answer | Answerer): void {
    this.#answers[endpoint] = typeof answer === 'function' ? answer : () => answer
  }

  /** Restores all answers, and forgets all requests. */
  behave(): void {
    this.#answers = {}
    this.published = [this.key]
    this.nonce = undefined
    this.seen = []
  }

  requests(endpoint: Endpoint): Seen[] {
    return this.seen.filter(({ path }) => endpointOf(path) === endpoint)
  }

  claims(changes: Record<string, unknown> = {}): Record<string, unknown> {
    const now = Math.floor(Date.now() / 1000)
    const { issuer: iss, clientId: aud, nonce } = this
    return { iss, aud, sub: 'user-1', iat: now, exp: now + 3600, nonce, ...changes }
  }

  idToken(changes: Record<string, unknown> = {}, signing: Signing = {}): string {
    return jws(this.claims(changes), { key: this.key, ...signing })
  }

  /** A good answer of the token endpoint with changed members; `undefined` removes one. */
  tokens(changes: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      access_token: 'at-1',
      token_type: 'Bearer',
      expires_in: 3599,
      refresh_token: 'rt-1',
      scope: 'openid https://www.googleapis.com/auth/userinfo.email',
      id_token: this.idToken(),
      ...changes
    }
  }

  #usual(endpoint: Endpoint): Answer {
    if (endpoint === 'discovery') return { body: this.metadata }
    if (endpoint === 'keys') return { body: { keys: this.published.map(({ jwk }) => jwk) } }
    if (endpoint === 'token') return { body: this.tokens(), headers: { 'cache-control': 'no-store' } }
    return { body: '' }
  }

  async #answer(seen: Seen, response: ServerResponse): Promise<void> {
    this.seen.push(seen)
    const endpoint = endpointOf(seen.path)
    if (endpoint === undefined) return void response.writeHead(404).end()
    const answer = (await this.#answers[endpoint]?.(seen)) ?? this.#usual(endpoint)
    if (answer === 'hang') return
    if (answer === 'reset') return void response.destroy()
    if (answer === 'stall') return void response.writeHead(200, JSON_TYPE).write('{"a":')
    if (answer === 'endless') return pour(response)
    const { status = 200, headers = {}, body = '' } = answer
    response.writeHead(status, { ...JSON_TYPE, ...headers })
    response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
  }
}

/** A moment `days` ago. */
export function daysAgo(days: number, now: number = Date.now()): number {
  return now - days * DAY_S * 1000
}

const JSON_TYPE = { 'content-type': 'application/json' }
const ENDPOINTS: Record<string, Endpoint> = {
  '/.well-known/openid-configuration': 'discovery',
  '/keys': 'keys',
  '/token': 'token',
  '/revocation': 'revocation'
}

function endpointOf(path: string): Endpoint | undefined {
  return ENDPOINTS[path.split('?')[0]!]
}

function pour(response: ServerResponse): void {
  response.writeHead(200, JSON_TYPE)
  const block = Buffer.alloc(65_536, ' ')
  const more = (): void => {
    while (!response.destroyed && response.write(block));
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}
