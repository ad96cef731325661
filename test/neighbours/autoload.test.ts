/** @fastify/autoload: the plugin in a file of its own, routes in folders, and a guard for a whole folder. */
import fastifyAutoload from '@fastify/autoload'
import Fastify from 'fastify'
import { join } from 'node:path'
import t from 'tap'
import { optionsFor, startGoogle } from '../support/app.js'
import { Browser } from '../support/jar.js'
import { signsInAndOut } from '../support/neighbour.js'
import { freePort } from '../support/redis.js'

t.test('folders', async (t) => {
  const folder = t.testdir({
    plugins: { 'google-auth.js': "export { default } from 'fastify-google-auth'" },
    routes: {
      'root.js': "export default async (app) => app.get('/open', (request) => ({ user: request.googleUser }))",
      members: {
        'autohooks.js': "export default async (app) => app.addHook('onRequest', app.googleAuth.required())",
        'index.js': "export default async (app) => app.get('/', (request) => request.googleUser)"
      }
    }
  })
  const google = await startGoogle(t)
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  google.addRedirectUri(`${origin}/auth/return`)
  const app = Fastify({ forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } })
  t.teardown(() => app.close())
  const options = optionsFor(google, `${origin}/auth/return`)
  await app.register(fastifyAutoload, { dir: join(folder, 'plugins'), options })
  await app.register(fastifyAutoload, { dir: join(folder, 'routes'), autoHooks: true })
  app.get('/me', { onRequest: app.googleAuth.required() }, (request) => request.googleUser)
  await app.listen({ host: '127.0.0.1', port })

  const browser = (): Browser => new Browser(origin, port)
  await signsInAndOut(t, { google, browser })
  t.same((await browser().fetch('/open')).json(), { user: null })
  t.equal((await browser().fetch('/members')).status, 401)
  t.equal((await browser().visit(google, '/members')).status, 200)
})
