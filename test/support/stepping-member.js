/**
 * One process of a fleet that connects Google, made of the built plugin. When it is told to step, it stops before each command
 * to Redis and each request to Google, names it, and goes on when it is told to: its parent can kill it at any of them.
 */
import process from 'node:process'
import { Redis } from 'ioredis'

const { options, redis: url } = JSON.parse(process.env.FLEET ?? '{}')
let stepping = false
let turn = Promise.resolve()

/** Resolves when the parent lets this step happen. Steps wait for each other. */
function stop(step) {
  if (!stepping) return Promise.resolve()
  turn = turn.then(() => {
    process.send({ step })
    return new Promise((resolve) => process.once('message', resolve))
  })
  return turn
}

const realFetch = globalThis.fetch
globalThis.fetch = async (input, init) => {
  await stop(`${init?.method ?? 'GET'} ${new URL(input).pathname}`)
  return realFetch(input, init)
}

class SteppingRedis extends Redis {
  sendCommand(command, stream) {
    if (!stepping) return super.sendCommand(command, stream)
    stop(command.name).then(() => super.sendCommand(command, stream))
    return command.promise
  }
}

const { default: Fastify } = await import('fastify')
const { default: googleAuth } = await import('fastify-google-auth')

const app = Fastify()
const redis = new SteppingRedis(url)
await app.register(googleAuth, { ...options, redis, owner: (request) => request.cookies.user ?? null })
app.get('/', () => 'home')
await app.listen({ host: '127.0.0.1', port: Number(new URL(options.redirectUri).port) })
await new Promise((resolve) => setTimeout(resolve, 50))
process.on('disconnect', () => process.exit())
process.once('message', () => {
  stepping = true
  process.send({ stepping: true })
})
process.send({ ready: true })
