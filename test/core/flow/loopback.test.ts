import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { OAuth2WebServerFlow, signInOnLoopback } from '../../../src/core.js'
import { startGoogleEmulator, type GoogleEmulator } from '../../../src/emulator.js'

async function setUp(
  t: Test,
  redirectUri = 'http://127.0.0.1'
): Promise<{ google: GoogleEmulator; flow: OAuth2WebServerFlow }> {
  const google = await startGoogleEmulator({ strict: true })
  t.teardown(() => google.close())
  const { client_id, client_secret } = google.clientSecrets.web
  const { issuer } = google
  const flow = new OAuth2WebServerFlow({
    issuer,
    clientId: client_id,
    clientSecret: client_secret,
    scope: 'openid email',
    redirectUri
  })
  return { google, flow }
}

/** As an installed client's any port is good at Google, so the emulator learns it here. */
function register(google: GoogleEmulator, url: string): string {
  const redirectUri = new URL(url).searchParams.get('redirect_uri')!
  if (!google.clientSecrets.web.redirect_uris.includes(redirectUri)) google.addRedirectUri(redirectUri)
  return redirectUri
}

const refused = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => false,
    () => true
  )

t.test('a script signs a user in; the port is free again afterwards', async (t) => {
  const { google, flow } = await setUp(t, 'http://127.0.0.1/callback')
  let redirectUri = ''
  let page: Promise<Response> | undefined
  const credentials = await signInOnLoopback(flow, {
    loginHint: 'ada@example.com',
    open: async (url) => {
      t.equal(new URL(url).searchParams.get('login_hint'), 'ada@example.com')
      redirectUri = register(google, url)
      t.match(redirectUri, /^http:\/\/127\.0\.0\.1:\d+\/callback$/)
      for (const stray of [
        '/favicon.ico',
        '/callback',
        '/callback?state=x&code=y',
        '/callback?state=x&error=access_denied'
      ]) {
        const { status, headers } = await fetch(new URL(stray, redirectUri))
        t.equal(status, stray === '/favicon.ico' ? 404 : 400, stray)
        t.equal(headers.get('cache-control'), 'no-store')
      }
      const returned = await google.approve(url)
      page = fetch(returned)
    }
  })
  t.equal(credentials.idToken?.email, 'ada@example.com')
  t.ok(credentials.current.refreshToken)
  t.equal(await (await page)?.text(), 'You are signed in. You can close this window.')
  t.ok(await refused(redirectUri))
})

t.test('no request to the port keeps the user from coming back', async (t) => {
  const { google, flow } = await setUp(t, 'http://127.0.0.1/callback')
  const credentials = await signInOnLoopback(flow, {
    open: async (url) => {
      const { port } = new URL(register(google, url))
      for (const path of [
        '//',
        '//[',
        '/\\',
        '*',
        'http://[',
        '//evil.example/callback?state=x',
        '/%',
        '/callback?%'
      ]) {
        const knock = get({ host: '127.0.0.1', port, path, agent: false })
        const [response] = (await once(knock, 'response')) as [IncomingMessage]
        response.resume()
        t.equal(response.statusCode, path === '/callback?%' ? 400 : 404, path)
      }
      void fetch(await google.approve(url, { email: 'ada@example.com' }))
    }
  })
  t.equal(credentials.idToken?.email, 'ada@example.com')
})

t.test('a port in the redirect URI is the one that is used', async (t) => {
  const { google, flow } = await setUp(t, 'http://127.0.0.1:39173/')
  const credentials = await signInOnLoopback(flow, {
    open: async (url) => {
      t.equal(register(google, url), 'http://127.0.0.1:39173/')
      void fetch(await google.approve(url, { email: 'grace@example.com' }))
    }
  })
  t.equal(credentials.idToken?.email, 'grace@example.com')
})

t.test('a refusal, a time limit, a signal, and a failing browser end the wait', async (t) => {
  const { google, flow } = await setUp(t)
  let redirectUri = ''
  const cancelled = signInOnLoopback(flow, {
    open: async (url) => {
      redirectUri = register(google, url)
      void fetch(await google.cancel(url, { email: 'ada@example.com' }))
    }
  })
  await t.rejects(cancelled, { name: 'AuthorizationError', reason: 'access_denied' })
  t.ok(await refused(redirectUri))
  const silent = (url: string): void => void (redirectUri = new URL(url).searchParams.get('redirect_uri')!)
  await t.rejects(signInOnLoopback(flow, { open: silent, timeoutMs: 50 }), {
    name: 'LoginAttemptError',
    reason: 'expired'
  })
  t.ok(await refused(redirectUri))
  const reason = new Error('enough')
  const aborting = new AbortController()
  const waiting = signInOnLoopback(flow, { open: silent, signal: aborting.signal })
  setTimeout(() => aborting.abort(reason), 30)
  t.equal(await waiting.catch((error: unknown) => error), reason)
  t.ok(await refused(redirectUri))
  const broken = signInOnLoopback(flow, { open: () => Promise.reject(reason) })
  t.equal(await broken.catch((error: unknown) => error), reason)
  t.equal(await signInOnLoopback(flow, { signal: AbortSignal.abort(reason) }).catch((error: unknown) => error), reason)
})

t.test('only for a loopback address', async (t) => {
  const { flow } = await setUp(t, 'https://app.example.com/return')
  await t.rejects(signInOnLoopback(flow), { name: 'TypeError', message: /loopback/ })
})

t.test('a connection that a browser opened in advance does not keep the process', async (t) => {
  const { google, flow } = await setUp(t)
  let idle: Socket | undefined
  await signInOnLoopback(flow, {
    open: async (url) => {
      const redirectUri = register(google, url)
      idle = connect(Number(new URL(redirectUri).port), '127.0.0.1')
      await once(idle, 'connect')
      void fetch(await google.approve(url))
    }
  })
  await once(idle!, 'close')
  t.equal(idle?.destroyed, true)
})
