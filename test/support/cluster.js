/**
 * `node:cluster`: two workers with the built plugin behind one port. The environment has `CLUSTER`: the port and the options of the
 * plugin, as JSON. Tells its parent when both listen. Each answer names its worker.
 */
import cluster from 'node:cluster'
import Fastify from 'fastify'
import { googleAuth } from 'fastify-google-auth'

const { port, options } = JSON.parse(process.env.CLUSTER ?? '{}')

if (cluster.isPrimary) {
  let listening = 0
  cluster.on('listening', () => {
    if (++listening === 2) process.send?.('ready')
  })
  cluster.fork()
  cluster.fork()
  process.once('disconnect', () => process.exit())
} else {
  const app = Fastify()
  app.addHook('onSend', async (_request, reply) => void reply.headers({ 'x-worker': process.pid, connection: 'close' }))
  await app.register(googleAuth, options)
  app.get('/me', { onRequest: app.googleAuth.required() }, (request) => request.googleUser)
  await app.listen({ host: '127.0.0.1', port })
}
