import type { Test } from 'tap'
import type { FastifyInstance } from 'fastify'
import { ADA, demoRoutes, startApp, startGoogle, type Setup, type TestApp } from './app.js'

/**
 * An app beside `neighbour`, which is registered before our plugin; `after` is called behind it. Checks what no neighbour may change:
 * a user goes to a guarded page by way of Google, and a form signs out.
 */
export async function besideNeighbour(
  t: Test,
  neighbour: (app: FastifyInstance) => unknown,
  { after, options = {} }: { after?: (app: FastifyInstance) => unknown } & Pick<Setup, 'options'> = {}
): Promise<TestApp> {
  const google = await startGoogle(t)
  const started = await startApp(t, google, {
    options,
    before: neighbour,
    async routes(app) {
      await after?.(app)
      demoRoutes(app, google)
    }
  })
  await signsInAndOut(t, started)
  return started
}

/** A user goes to the guarded `/me` by way of Google, and a form signs out. */
export async function signsInAndOut(t: Test, { google, browser }: Pick<TestApp, 'google' | 'browser'>): Promise<void> {
  const user = browser()
  const page = await user.visit(google, '/me', { sub: ADA.sub })
  t.match([page.status, page.json()], [200, ADA], 'a guarded page, by way of Google')
  const left = await user.submit('/auth/signout')
  t.match([left.status, left.location], [303, '/'], 'a form signs out')
  t.equal((await user.fetch('/me')).status, 401)
}
