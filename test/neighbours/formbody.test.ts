/** @fastify/formbody, which parses the forms of the app: ours have a parser of their own. */
import fastifyFormbody from '@fastify/formbody'
import t from 'tap'
import { besideNeighbour } from '../support/neighbour.js'

t.test('forms', async (t) => {
  const { signedIn } = await besideNeighbour(t, (app) => app.register(fastifyFormbody), {
    after: (app) => app.post('/save', { onRequest: app.googleAuth.required() }, (request) => request.body)
  })
  const user = await signedIn()
  t.same((await user.submit('/save', { a: 'b' })).json(), { a: 'b' })
})
