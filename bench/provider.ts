/**
 * A provider that costs little beside the server under test: it approves every sign-in at once, as another user each time
 * or as the one whose `sub` is the `login_hint`, and answers every API call. What it hands out is as long as what Google
 * does. The Google emulator, which checks everything, would be the bottleneck here.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { answerReadings } from './processes.js'

const port = Number(process.env.PORT)
const issuer = `http://127.0.0.1:${port}`
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const header = encode({ alg: 'RS256', kid: 'bench', typ: 'JWT' })
let users = 0

const DOCUMENTS: Record<string, unknown> = {
  '/.well-known/openid-configuration': {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/certs`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256']
  },
  '/certs': { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig', alg: 'RS256' }] },
  // About the kilobyte that a list of four events has.
  '/events': { kind: 'calendar#events', items: [1, 2, 3, 4].map((id) => ({ id, summary: 'Meeting '.repeat(25) })) }
}
const TEXTS = new Map(Object.entries(DOCUMENTS).map(([path, document]) => [path, JSON.stringify(document)]))
const PROFILE = {
  email: 'ada@example.com',
  email_verified: true,
  name: 'Ada Lovelace',
  given_name: 'Ada',
  family_name: 'Lovelace',
  picture: `https://lh3.googleusercontent.com/a/${randomText(60)}`,
  hd: 'example.com'
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function randomText(length: number): string {
  return randomBytes(length).toString('base64url').slice(0, length)
}

function answer(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
}

function authorize(asked: URLSearchParams, response: ServerResponse): void {
  const sub = asked.get('login_hint') ?? subOf(++users)
  const code = encode({ nonce: asked.get('nonce'), aud: asked.get('client_id'), sub, scope: asked.get('scope') })
  const location = `${asked.get('redirect_uri') ?? ''}?code=${code}&state=${asked.get('state') ?? ''}`
  response.writeHead(302, { location }).end()
}

function subOf(number: number): string {
  return `1${String(number).padStart(20, '0')}`
}

function token(asked: URLSearchParams, response: ServerResponse): void {
  const now = Math.floor(Date.now() / 1000)
  const { scope, ...who } = JSON.parse(Buffer.from(asked.get('code') ?? '', 'base64url').toString()) as {
    scope: string
  }
  const claims = encode({ iss: issuer, ...who, ...PROFILE, iat: now, exp: now + 3600 })
  const signature = sign('RSA-SHA256', Buffer.from(`${header}.${claims}`), privateKey).toString('base64url')
  answer(
    response,
    JSON.stringify({
      access_token: `ya29.${randomText(210)}`,
      refresh_token: `1//0g${randomText(98)}`,
      id_token: `${header}.${claims}.${signature}`,
      scope: scope.replace(/\b(email|profile)\b/g, 'https://www.googleapis.com/auth/userinfo.$1'),
      token_type: 'Bearer',
      expires_in: 3599
    })
  )
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', issuer)
  if (pathname === '/authorize') authorize(searchParams, response)
  else if (pathname === '/token') void textOf(request).then((body) => token(new URLSearchParams(body), response))
  else answer(response, TEXTS.get(pathname) ?? '{}')
}).listen(port, '127.0.0.1', answerReadings)
