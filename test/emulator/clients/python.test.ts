import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { ADA, CALENDAR, REDIRECT_URI, startFor } from '../app.js'

const SCRIPT = fileURLToPath(new URL('sign-in.py', import.meta.url))

t.test(
  "Debian's google-auth and google-auth-oauthlib sign in, verify, refresh, and know service accounts",
  async (t) => {
    const google = await startFor(t, { strict: false })
    const python = spawn(process.env.PYTHON_PATH ?? 'python3', [SCRIPT], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // It refuses http otherwise, also on a loopback.
      env: { ...process.env, OAUTHLIB_INSECURE_TRANSPORT: '1' }
    })
    t.teardown(() => python.kill())
    let trouble = ''
    python.stderr.on('data', (data) => void (trouble += String(data)))
    const closed = once(python, 'close')
    const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
    const next = async (): Promise<string> => {
      const { value, done } = await lines.next()
      if (!done) return value
      await closed
      throw new Error(`Python ended: ${trouble}`)
    }

    const settings = {
      clientSecrets: google.clientSecrets,
      serviceAccount: await google.createServiceAccount(),
      scopes: ['openid', 'https://www.googleapis.com/auth/userinfo.email', CALENDAR],
      redirectUri: REDIRECT_URI,
      events: `${google.apiOrigin}/calendar/v3/calendars/primary/events`
    }
    python.stdin.write(`${JSON.stringify(settings)}\n`)
    python.stdin.write(`${await google.approve(await next(), { sub: ADA })}\n`)
    t.match(JSON.parse(await next()), {
      claims: { sub: ADA, email: 'ada@example.com' },
      refreshed: true,
      statuses: [200, 200, 200],
      kind: 'calendar#events'
    })
    const [code] = await closed
    t.equal(code, 0, trouble)
  }
)
