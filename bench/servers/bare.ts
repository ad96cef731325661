/** An app with nothing but a route. */
import Fastify from 'fastify'
import { answerReadings } from '../processes.js'

const app = Fastify()
app.get('/open', async () => ({ hello: 'world' }))
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
answerReadings()
