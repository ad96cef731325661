/** A sign-in by hand: oauth4webapi for the protocol, jose for the signature of the ID token, and two writes to Redis. */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { allowInsecureRequests } from 'oauth4webapi'
import { answerReadings } from '../processes.js'

const { PORT, REDIS_URL = '', PROVIDER = '' } = process.env
const base = `http://127.0.0.1:${PORT}`
const redirectUri = `${base}/auth/return`
const insecure = { [allowInsecureRequests]: true }
const issuer = new URL(PROVIDER)
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
const client: oauth.Client = { client_id: 'bench' }
const authentication = oauth.ClientSecretPost('bench-secret')
const keys = createRemoteJWKSet(new URL(server.jwks_uri ?? ''))
const redis = new Redis(REDIS_URL)
const app = Fastify()

interface Attempt {
  state: string
  nonce: string
  verifier: string
}

function signed(text: string): string {
  return `${text}.${createHmac('sha256', 'a secret of the floor').update(text).digest('base64url')}`
}

function attemptIn(cookie = ''): Attempt {
  const value = cookie.replace(/^attempt=/, '')
  const text = value.slice(0, value.lastIndexOf('.'))
  const [given, right] = [Buffer.from(value), Buffer.from(signed(text))]
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new Error('This cookie is not ours.')
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as Attempt
}

app.get('/auth/start', async (_request, reply) => {
  const [state, nonce, verifier] = [
    oauth.generateRandomState(),
    oauth.generateRandomNonce(),
    oauth.generateRandomCodeVerifier()
  ]
  const url = new URL(server.authorization_endpoint ?? '')
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid email profile https://www.googleapis.com/auth/calendar.events',
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256'
  }).toString()
  const attempt = signed(Buffer.from(JSON.stringify({ state, nonce, verifier })).toString('base64url'))
  return reply.header('set-cookie', `attempt=${attempt}; Path=/`).redirect(url.href)
})

app.get('/auth/return', async (request, reply) => {
  const { state, nonce, verifier } = attemptIn(request.headers.cookie)
  const params = oauth.validateAuthResponse(server, client, new URL(request.url, base), state)
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    params,
    redirectUri,
    verifier,
    insecure
  )
  const expected = { expectedNonce: nonce, requireIdToken: true }
  const token = await oauth.processAuthorizationCodeResponse(server, client, response, expected)
  const audience = client.client_id
  const { payload } = await jwtVerify(token.id_token ?? '', keys, { issuer: server.issuer, audience })
  const id = randomUUID()
  await Promise.all([
    redis.set(`by-hand:session:${id}`, JSON.stringify({ user: payload }), 'EX', 86_400),
    redis.set(`by-hand:token:${payload.sub}`, JSON.stringify(token), 'EX', 86_400)
  ])
  return reply
    .header('set-cookie', [`sid=${signed(id)}; Path=/; HttpOnly`, 'attempt=; Path=/; Max-Age=0'])
    .redirect('/me')
})
await app.listen({ port: Number(PORT), host: '127.0.0.1' })
answerReadings()
