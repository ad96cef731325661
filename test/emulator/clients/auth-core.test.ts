import t from 'tap'
import { ADA, startFor } from '../app.js'

// TypeScript does not follow these names: the types of @auth/core would bring those of the DOM into all files.
const [core, provider]: string[] = ['@auth/core', '@auth/core/providers/google']
const { Auth } = (await import(core!)) as { Auth: (request: Request, config: object) => Promise<Response> }
const { default: Google } = (await import(provider!)) as { default: (options: object) => object }

const ORIGIN = 'http://localhost:3000'

/** A browser for the handler of @auth/core: it keeps the cookies. */
function browserOf(config: object): (path: string, init?: RequestInit) => Promise<Response> {
  const jar = new Map<string, string>()
  return async (path, init = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await Auth(new Request(new URL(path, ORIGIN), { ...init, headers: { cookie } }), config)
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      jar.set(name, value)
    }
    return response
  }
}

t.test('@auth/core signs in, and gets a refresh token', async (t) => {
  const google = await startFor(t, { strict: false })
  google.addRedirectUri(`${ORIGIN}/auth/callback/google`)
  const { client_id: clientId, client_secret: clientSecret } = google.clientSecrets.web
  const authorization = { params: { access_type: 'offline', prompt: 'consent' } }
  const tokens: unknown[] = []
  const visit = browserOf({
    secret: 'a secret of 32 or more characters',
    trustHost: true,
    basePath: '/auth',
    providers: [Google({ clientId, clientSecret, issuer: google.issuer, authorization })],
    callbacks: {
      jwt({ token, account }: { token: object; account?: { refresh_token: string } }) {
        if (account) tokens.push(account.refresh_token)
        return token
      }
    }
  })
  const { csrfToken } = (await (await visit('/auth/csrf')).json()) as { csrfToken: string }
  const body = new URLSearchParams({ csrfToken, callbackUrl: ORIGIN })
  const start = await visit('/auth/signin/google', { method: 'POST', body })
  const back = await visit(await google.approve(start.headers.get('location')!, { sub: ADA }))
  t.equal(back.headers.get('location'), ORIGIN)
  t.match(await (await visit('/auth/session')).json(), { user: { name: 'Ada Lovelace' } })
  t.match(tokens, [/^1\/\//])
})
