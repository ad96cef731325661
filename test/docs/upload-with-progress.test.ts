/** docs/recipes/upload-with-progress.md, with a small Drive: the emulator has none. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import t from 'tap'
import { buildApp } from '../../docs/examples/upload-with-progress.js'
import { ADA, DRIVE, startGoogle } from '../support/app.js'
import { bodyOf, serve } from '../support/local-server.js'
import { eventually } from '../support/redis.js'
import { answerGoogleApis, runProgram } from './program.js'

const HALF = 512 * 1024

t.test('a file goes through in a stream, and its progress can be asked for', async (t) => {
  const google = await startGoogle(t, { scopes: { [DRIVE]: 'Its own files' } })
  const got: { meta?: unknown; type?: string | undefined; size?: number; tokens: (string | undefined)[] } = {
    tokens: []
  }
  let refuse = false
  const drive = await serve(t, (request, response) => {
    void bodyOf(request).then((body) => {
      got.tokens.push(request.headers.authorization)
      if (refuse) return response.writeHead(403).end()
      if (request.method === 'POST') {
        got.meta = JSON.parse(body.toString())
        return response.writeHead(200, { location: 'https://www.googleapis.com/upload/session/1' }).end()
      }
      got.type = request.headers['content-type']
      got.size = body.length
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"file-1"}')
    })
  })
  answerGoogleApis(t, drive)
  const { browser, origin } = await runProgram(t, google, buildApp)
  const ada = browser()
  await ada.visit(google, '/uploads/one', ADA)
  const put = (path: string, length: number) =>
    httpRequest(origin.replace('localhost', '127.0.0.1') + path, {
      method: 'PUT',
      headers: { cookie: ada.session!, 'content-type': 'image/png', 'content-length': length }
    })

  const sending = put('/uploads/one?name=cat.png', 2 * HALF)
  t.teardown(() => sending.destroy())
  const answered = once(sending, 'response')
  answered.catch(() => undefined) // an upload that is cut off is not answered
  sending.write(Buffer.alloc(HALF))
  let progress = { sent: 0, size: 0 }
  await eventually(async () => {
    const reply = await ada.fetch('/uploads/one')
    if (reply.status === 200) progress = reply.json() as typeof progress
    return progress.sent >= HALF
  })
  t.same(progress, { sent: HALF, size: 2 * HALF }, 'half of it is on its way')
  sending.end(Buffer.alloc(HALF))
  const [response] = (await answered) as [IncomingMessage]
  t.equal((await bodyOf(response)).toString(), '{"id":"file-1"}')
  t.match(got, { meta: { name: 'cat.png' }, type: 'image/png', size: 2 * HALF })
  t.ok(got.tokens.every((token) => token?.startsWith('Bearer ')))
  t.equal((await ada.fetch('/uploads/one')).status, 404, 'done')

  refuse = true
  const refused = put('/uploads/two', 1)
  refused.end('x')
  const [second] = (await once(refused, 'response')) as [IncomingMessage]
  t.equal(second.statusCode, 502)
})
