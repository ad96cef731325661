import t from 'tap'
import { buildApp } from '../../example-app/app.js'
import { embeddedGoogle } from '../../example-app/embedded-google.js'
import { startRedis } from '../support/redis.js'

const PUBLIC_URL = 'https://app.example.com'
const SECRET = 'a secret of the tests, longer than thirty-two characters'
const HTML = { accept: 'text/html' }

const redis = await startRedis()
t.teardown(() => redis.stop())

const google = await embeddedGoogle(PUBLIC_URL)
const { emulator } = google
t.teardown(() => google.close())

/** The app as it runs behind a proxy that speaks https, with Redis. Google goes on when it is closed. */
const newApp = () =>
  buildApp({ publicUrl: PUBLIC_URL, google: { ...google, close: async () => {} }, secret: SECRET, redis: redis.url })

t.test('a sign-in outlives the process, and Redis may be away for a while', async (t) => {
  const first = await newApp()
  const start = await first.inject('/auth/start')
  const attempt = start.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const { pathname, search } = new URL(await emulator.approve(start.headers.location!))
  const back = await first.inject({ url: pathname + search, headers: { cookie: attempt } })
  const cookie = back.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  t.match(cookie, '__Host-')
  await first.close()

  const app = await newApp()
  t.teardown(() => app.close())
  const get = (url: string) => app.inject({ url, headers: { ...HTML, cookie } })
  const me = await get('/me')
  t.equal(me.statusCode, 200)
  t.match(me.body, 'ada@example.com')
  t.match(me.headers, { 'strict-transport-security': String, 'cache-control': 'no-store' })

  redis.freeze()
  const away = await get('/me')
  t.equal(away.statusCode, 503)
  t.match(away.body, 'Out of order for a moment')
  t.same((await app.inject('/health')).json(), { ok: true }, 'the app itself is up')
  redis.thaw()
  t.equal((await get('/me')).statusCode, 200)
})
