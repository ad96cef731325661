/** @fastify/compress, before and after: also where an error of a handler is answered in the place of what was compressed. */
import { gunzipSync } from 'node:zlib'
import fastifyCompress from '@fastify/compress'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { GrantLostError, googleAuth } from '../../src/index.js'
import { signIn } from '../../src/testing.js'
import { WITHOUT_GOOGLE } from '../support/app.js'
import { besideNeighbour } from '../support/neighbour.js'

const compress = (app: FastifyInstance): unknown => app.register(fastifyCompress, { threshold: 0 })

t.test('a sign-in, with and without', async (t) => {
  await besideNeighbour(t, compress)
})

for (const isBefore of [true, false]) {
  t.test(`registered ${isBefore ? 'before' : 'after'}`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    if (isBefore) await compress(app)
    await app.register(googleAuth, WITHOUT_GOOGLE)
    if (!isBefore) await compress(app)
    const { required } = app.googleAuth
    app.get('/me', { onRequest: required() }, (request) => request.googleUser)
    app.get('/lost', { onRequest: required() }, () => {
      throw new GrantLostError('missing')
    })
    const { user, headers } = await signIn(app)
    const ask = async (url: string, more: object): Promise<[number, unknown]> => {
      const reply = await app.inject({ url, headers: { 'accept-encoding': 'gzip', ...more } })
      const isGzip = reply.headers['content-encoding'] === 'gzip'
      const text = isGzip ? gunzipSync(reply.rawPayload).toString() : reply.body
      return [reply.statusCode, JSON.parse(text)]
    }
    t.same(await ask('/me', headers), [200, user])
    t.match(await ask('/me', {}), [401, { code: 'GOOGLE_AUTH_LOGIN_REQUIRED' }])
    t.match(await ask('/lost', headers), [401, { code: 'GOOGLE_AUTH_GRANT_LOST' }])
    const raw = await app.inject({ url: '/me', headers: { ...headers, 'accept-encoding': 'gzip' } })
    t.equal(raw.headers['content-encoding'], 'gzip', 'and it was compressed')
  })
}
