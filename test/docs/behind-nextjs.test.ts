/** docs/recipes/behind-nextjs.md: a front that hands paths on as rewrites of Next.js do. */
import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'
import t from 'tap'
import { buildApp } from '../../docs/examples/behind-nextjs.js'
import { ADA, SECRET, startGoogle } from '../support/app.js'
import { Browser } from '../support/jar.js'
import { freePort } from '../support/redis.js'

t.test('browsers see one origin', async (t) => {
  const google = await startGoogle(t)
  const [frontPort, apiPort] = await Promise.all([freePort(), freePort()])
  const origin = `http://localhost:${frontPort}`
  const redirectUri = `${origin}/auth/return`
  google.addRedirectUri(redirectUri)
  const { clientSecrets, issuer } = google
  const api = await buildApp({ clientSecrets, issuer, redirectUri, secret: SECRET })
  await api.listen({ host: '127.0.0.1', port: apiPort })

  const front = Fastify()
  for (const prefix of ['/auth', '/api']) {
    await front.register(httpProxy, {
      upstream: `http://127.0.0.1:${apiPort}`,
      prefix,
      rewritePrefix: prefix,
      replyOptions: {
        // As the proxy of Next.js: `host` is that of the target, and what the browser asked for is in X-Forwarded-*.
        rewriteRequestHeaders: (request, headers) => ({
          ...headers,
          host: `127.0.0.1:${apiPort}`,
          'x-forwarded-host': request.headers.host,
          'x-forwarded-proto': 'http',
          'x-forwarded-for': '203.0.113.7'
        })
      }
    })
  }
  front.get('/', () => 'a page of Next.js')
  await front.listen({ host: '127.0.0.1', port: frontPort })
  t.teardown(() => Promise.all([front.close(), api.close()]))

  const ada = new Browser(origin, frontPort)
  const refused = await ada.fetch('/api/me')
  t.match(refused.json(), { statusCode: 401, authorizeUrl: /^\/auth\/start/ })
  const page = await ada.visit(google, '/api/me', ADA)
  t.match(page.hops.at(-1), `${origin}/api/me`)
  t.same(page.json(), { name: 'Ada Lovelace', address: '203.0.113.7' })
  const out = await ada.submit('/auth/signout')
  t.match([out.status, out.location], [303, '/'])
  t.equal((await ada.navigate(out.location)).text, 'a page of Next.js')
  t.equal((await ada.fetch('/api/me')).status, 401)
})
