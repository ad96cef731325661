/** @fastify/under-pressure: a server that can take no more answers our routes too with 503. */
import fastifyUnderPressure from '@fastify/under-pressure'
import t from 'tap'
import { besideNeighbour } from '../support/neighbour.js'
import { eventually } from '../support/redis.js'

t.test('under pressure', async (t) => {
  let isHealthy = true
  const { signedIn } = await besideNeighbour(t, (app) =>
    app.register(fastifyUnderPressure, {
      healthCheck: async () => isHealthy,
      healthCheckInterval: 5,
      exposeStatusRoute: true,
      retryAfter: 7
    })
  )
  const user = await signedIn()
  t.equal((await user.fetch('/status')).status, 200)
  isHealthy = false
  await eventually(async () => (await user.fetch('/me')).status === 503)
  for (const reply of [await user.fetch('/me'), await user.navigate('/auth/start'), await user.submit('/auth/signout')])
    t.match([reply.status, reply.headers], [503, { 'retry-after': '7' }])
  isHealthy = true
  await eventually(async () => (await user.fetch('/me')).status === 200)
  t.pass('the user is still signed in')
})
