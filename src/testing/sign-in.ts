import type { GoogleUser } from '../plugin/types/user.js'
import { entranceOf, type AppUnderTest } from './app.js'
import { cookieHeader, CookieJar } from './cookie-jar.js'
import type { TestCookie } from './cookies.js'
import { testGrant, type TestUser } from './test-user.js'

/** A user who is signed in, for one browser or one test. */
export interface SignedInUser {
  /** Who it is, as `request.googleUser` will say; in connect mode whose account is connected. */
  user: GoogleUser
  /** The cookies for a browser: `await context.addCookies(cookies)` of Playwright. Empty in connect mode. */
  cookies: TestCookie[]
  /** The headers for `app.inject({ url, headers })`. Empty in connect mode, where the app has a sign-in of its own. */
  headers: {
    /** The cookies, as a browser sends them. */
    cookie?: string
  }
}

/**
 * A user with a session and credentials in the stores of the app, without a visit to Google and without a network. Each call
 * begins a session of its own; what was stored of the user is replaced. `onSignIn` is asked as at any sign-in. In connect mode it
 * connects `account` to `owner`, and `onConnect` is asked. Makes the app ready.
 *
 * Throws an `Error` under `NODE_ENV=production`, a `TypeError` for an app without the plugin and for options that mean nothing
 * there, a `HostedDomainError` for a user whom `hostedDomain` does not let in, and what the hooks throw.
 * @param app The app, or the scope in which the plugin is registered.
 * @param user Who signs in, and what they granted.
 */
export async function signIn(app: AppUnderTest, user: TestUser = {}): Promise<SignedInUser> {
  if (process.env.NODE_ENV === 'production')
    throw new Error(
      'signIn() of fastify-google-auth/testing lets anybody in, and NODE_ENV is production. Use it in tests only.'
    )
  const entrance = await entranceOf(app)
  const entering = testGrant(user, entrance.settings)
  const jar = new CookieJar()
  jar.keep(await entrance.enter(entering), entrance.settings.redirectUri)
  const cookies = jar.all()
  return { user: entering.user, cookies, headers: cookieHeader(cookies) }
}
