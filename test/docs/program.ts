import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { GoogleAuthOptions } from 'fastify-google-auth'
import type { GoogleEmulator } from 'fastify-google-auth/emulator'
import { sendGoogleApisTo } from '../../docs/examples/googleapis-elsewhere.js'
import { ADA, SECRET } from '../support/app.js'
import { Browser } from '../support/jar.js'
import { freePort } from '../support/redis.js'

type Google = Pick<GoogleEmulator, 'issuer' | 'clientSecrets' | 'addRedirectUri' | 'approve' | 'cancel'>

/** A program of docs/examples that listens. */
export interface RunningProgram {
  app: FastifyInstance
  origin: string
  browser: () => Browser
  /** A browser whose user is signed in. Default: Ada. */
  signedIn: (user?: { sub: string }) => Promise<Browser>
}

/**
 * Runs a program of docs/examples as it stands there, on a free port of this machine: users sign in at `google`.
 * @param build Makes the app, with the options for the plugin.
 */
export async function runProgram(
  t: Test,
  google: Google,
  build: (options: GoogleAuthOptions, origin: string) => Promise<FastifyInstance>,
  { redis, secret = SECRET }: Pick<GoogleAuthOptions, 'redis'> & { secret?: GoogleAuthOptions['secret'] } = {}
): Promise<RunningProgram> {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  google.addRedirectUri(`${origin}/auth/return`)
  const app = await build(
    {
      clientSecrets: google.clientSecrets,
      issuer: google.issuer,
      redirectUri: `${origin}/auth/return`,
      secret,
      ...(redis === undefined ? {} : { redis })
    },
    origin
  )
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port })
  const browser = (): Browser => new Browser(origin, port)
  return {
    app,
    origin,
    browser,
    async signedIn(user = ADA) {
      const one = browser()
      await one.visit(google, '/auth/start', { sub: user.sub })
      if (!one.session) throw new Error('not signed in')
      return one
    }
  }
}

/** Calls of https://www.googleapis.com go to `origin`, over real HTTP, until the test has ended. */
export function answerGoogleApis(t: Test, origin: string): void {
  t.teardown(sendGoogleApisTo(origin))
}
