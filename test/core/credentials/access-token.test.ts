import { AccessTokenCredentialsError } from '../../../src/core/errors/api.js'
import t from 'tap'
import { AccessTokenCredentials } from '../../../src/core.js'
import { startGoogleEmulator } from '../../../src/emulator.js'
import { exchange, login } from '../../emulator/app.js'
import { bodyOf, serve } from '../../support/local-server.js'

t.test('a token from elsewhere is sent, and its refusal is an AccessTokenCredentialsError', async (t) => {
  const google = await startGoogleEmulator({ strict: true })
  t.teardown(() => google.close())
  const attempt = login(google, { scope: 'openid https://www.googleapis.com/auth/calendar.events' })
  const { body } = await exchange(google, await google.approve(attempt.url), attempt)
  const { issuer, apiOrigin, endpoints } = google
  const credentials = new AccessTokenCredentials(body.access_token, {
    tokenInfoUri: endpoints.tokeninfo,
    revokeUri: endpoints.revocation
  })
  const url = `${apiOrigin}/calendar/v3/calendars/primary/events`
  t.equal((await credentials.authorize()(url)).status, 200)
  t.match(await credentials.request({ url }), { status: 200, data: { kind: 'calendar#events' } })
  t.same((await credentials.retrieveScopes()).sort(), ['https://www.googleapis.com/auth/calendar.events', 'openid'])
  t.equal((await credentials.apply(new Headers({ a: 'b' }))).get('authorization'), `Bearer ${body.access_token}`)
  t.equal((await credentials.getRequestHeaders(issuer)).get('authorization'), `Bearer ${body.access_token}`)
  t.same(await credentials.getAccessToken(), { token: body.access_token })

  await credentials.revoke()
  await t.rejects(credentials.authorize()(url), AccessTokenCredentialsError)
  await t.rejects(credentials.request({ url }), AccessTokenCredentialsError)
  await t.rejects(credentials.retrieveScopes(), { code: 'GOOGLE_AUTH_ACCESS_TOKEN', statusCode: 401 })
  await t.rejects(credentials.revoke(), { name: 'TokenRevokeError', reason: 'invalid_token' }, 'it is gone already')
})

t.test('the token is sent once when it is refused', async (t) => {
  const seen: (string | undefined)[] = []
  const origin = await serve(t, (request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(401).end()
  })
  const credentials = new AccessTokenCredentials('ya29.made')
  await t.rejects(credentials.authorize()(origin, { method: 'POST', body: 'x' }), AccessTokenCredentialsError)
  t.same(seen, ['Bearer ya29.made'])
})

t.test('trouble at Google has its own error, and no URL holds the token', async (t) => {
  const urls: string[] = []
  const bodies: string[] = []
  const origin = await serve(t, (request, response) => {
    urls.push(request.url!)
    void bodyOf(request).then((body) => {
      bodies.push(body.toString())
      response.writeHead(500).end('ya29.made')
    })
  })
  const credentials = new AccessTokenCredentials('ya29.made', {
    tokenInfoUri: `${origin}/info`,
    revokeUri: `${origin}/revoke`
  })
  await t.rejects(credentials.retrieveScopes(), {
    code: 'GOOGLE_AUTH_REFRESH',
    reason: 'http_500',
    message: /for the scopes/
  })
  await t.rejects(credentials.revoke(), { code: 'GOOGLE_AUTH_REVOKE', reason: 'http_500' })
  t.same(urls, ['/info', '/revoke'])
  t.same(bodies, ['access_token=ya29.made', 'token=ya29.made'])
})

t.test('origins that were not allowed get nothing', async (t) => {
  const origin = await serve(t, (_request, response) => response.end('got it'))
  const credentials = new AccessTokenCredentials('ya29.made', { apiOrigins: ['https://*.googleapis.com'] })
  const calls: (() => Promise<unknown>)[] = [
    () => credentials.authorize()(origin),
    () => credentials.request({ url: origin }),
    () => credentials.getRequestHeaders(origin)
  ]
  for (const call of calls) await t.rejects(call(), { code: 'GOOGLE_AUTH_ORIGIN', origin })
  t.throws(() => new AccessTokenCredentials('x', { apiOrigins: ['*'] }), TypeError)
  t.throws(() => new AccessTokenCredentials(''), TypeError)
})
