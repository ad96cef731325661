/** A process that receives security events with the built plugin, and says what its hook was told. */
import Fastify from 'fastify'
import googleAuth from 'fastify-google-auth'

const app = Fastify()
await app.register(googleAuth, {
  ...JSON.parse(process.env.OPTIONS),
  onSecurityEvent: (event) => void process.send({ told: event })
})
await app.listen({ host: '127.0.0.1', port: 0 })
process.send({ port: app.server.address().port })
