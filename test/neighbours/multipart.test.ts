/** @fastify/multipart: an upload behind a guard, and a form of ours that is sent as multipart. */
import fastifyMultipart from '@fastify/multipart'
import t from 'tap'
import { besideNeighbour } from '../support/neighbour.js'

const MULTIPART = { 'content-type': 'multipart/form-data; boundary=x' }
const BODY = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nthe text\r\n--x--\r\n'

t.test('uploads', async (t) => {
  const { signedIn, browser } = await besideNeighbour(t, (app) => app.register(fastifyMultipart), {
    after: (app) =>
      app.post('/upload', { onRequest: app.googleAuth.required() }, async (request) => {
        const file = await request.file()
        return { text: (await file?.toBuffer())?.toString(), by: request.signedInUser.email }
      })
  })
  const user = await signedIn()
  const upload = { method: 'POST', headers: MULTIPART, body: BODY }
  t.same((await user.fetch('/upload', upload)).json(), { text: 'the text', by: 'ada@example.com' })
  t.equal((await browser().fetch('/upload', upload)).status, 401)
  t.equal((await user.fetch('/auth/signout', upload)).status, 204)
  t.equal((await user.fetch('/me')).status, 401)
})
