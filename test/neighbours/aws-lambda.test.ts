/** @fastify/aws-lambda: events of an API Gateway in place of a listening server. Cookies have a list of their own there. */
import awsLambdaFastify, { type LambdaResponse } from '@fastify/aws-lambda'
import Fastify from 'fastify'
import t from 'tap'
import { googleAuth } from '../../src/index.js'
import { ADA, optionsFor, startGoogle } from '../support/app.js'

const DOMAIN = 'abc.execute-api.eu-central-1.amazonaws.com'
const ORIGIN = `https://${DOMAIN}`

t.test('behind an API Gateway', async (t) => {
  const google = await startGoogle(t)
  google.addRedirectUri(`${ORIGIN}/auth/return`)
  const app = Fastify({ trustProxy: true })
  t.teardown(() => app.close())
  await app.register(googleAuth, optionsFor(google, `${ORIGIN}/auth/return`))
  app.get('/me', { onRequest: app.googleAuth.required() }, (request) => request.googleUser)
  const handle = awsLambdaFastify(app)

  const cookies = new Map<string, string>()
  const ask = async (url: string, method = 'GET', headers: Record<string, string> = {}): Promise<LambdaResponse> => {
    const { pathname, search, searchParams } = new URL(url, ORIGIN)
    const event = {
      version: '2.0',
      rawPath: pathname,
      rawQueryString: search.slice(1),
      queryStringParameters: Object.fromEntries(searchParams),
      cookies: [...cookies].map(([name, value]) => `${name}=${value}`),
      headers: { host: DOMAIN, 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7', ...headers },
      requestContext: { http: { method, path: pathname }, domainName: DOMAIN },
      isBase64Encoded: false
    }
    const response = await handle(event, {})
    for (const line of response.cookies ?? []) {
      t.match(line, /^__Host-.*; Secure/, 'the cookies are for https')
      const [name = '', value = ''] = line.split(';', 1)[0]!.split('=', 2)
      cookies.set(name, value)
    }
    return response
  }
  const started = await ask('/auth/start?return_to=/me')
  const back = await ask(await google.approve(String(started.headers['location']), { sub: ADA.sub }))
  t.match([back.statusCode, back.headers['location']], [302, '/me'])
  const me = await ask('/me')
  t.match([me.statusCode, JSON.parse(me.body)], [200, ADA])
  t.equal((await ask('/auth/signout', 'POST', { origin: ORIGIN, 'sec-fetch-site': 'same-origin' })).statusCode, 204)
  t.equal((await ask('/me')).statusCode, 401)
})
