/**
 * One process of a fleet: an app with the built plugin and a route that calls the Calendar API. With `HOLD`, it stops for ever
 * at that step of a refresh, so that its parent can kill it there.
 */
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

const { options, apiOrigin, hold } = JSON.parse(process.env.FLEET ?? '{}')

const realFetch = globalThis.fetch
globalThis.fetch = async (input, init) => {
  const refreshing = String(init?.body ?? '').includes('grant_type=refresh_token')
  if (refreshing && hold === 'before the request') await heldFor(hold)
  const response = await realFetch(input, init)
  if (refreshing && hold === 'after the answer') await heldFor(hold)
  return response
}

async function heldFor(step) {
  process.send({ held: step })
  await sleep(600_000)
}

const { default: Fastify } = await import('fastify')
const { default: googleAuth } = await import('fastify-google-auth')

const app = Fastify()
await app.register(googleAuth, options)
app.get('/calendar', { onRequest: app.googleAuth.required() }, async (request) => {
  const { data } = await request.googleClient.request({ url: `${apiOrigin}/calendar/v3/calendars/primary/events` })
  return { events: data.items.length }
})
await app.listen({ host: '127.0.0.1', port: 0 })
process.on('disconnect', () => process.exit())
process.send({ port: app.server.address().port })
