/** HTTP/2, with its own names of headers (`:authority`): a sign-in, a guarded route, and a form that signs out. */
import { once } from 'node:events'
import { connect, type ClientHttp2Session } from 'node:http2'
import Fastify from 'fastify'
import t from 'tap'
import { googleAuth } from '../../src/index.js'
import { ADA, optionsFor, startGoogle } from '../support/app.js'
import { freePort } from '../support/redis.js'

interface Reply {
  status: number
  location: string
  text: string
}

/** Sends requests with the cookies that it was given. */
function http2Browser(session: ClientHttp2Session) {
  const cookies = new Map<string, string>()
  return async (path: string, headers: Record<string, string> = {}, body = ''): Promise<Reply> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const stream = session.request({ ':path': path, cookie, ...headers }, { endStream: body === '' })
    const answered = once(stream, 'response')
    if (body !== '') stream.end(body)
    const [answer] = (await answered) as [Record<string, string | number | string[]>]
    for (const line of [answer['set-cookie'] ?? []].flat()) {
      const [name = '', value = ''] = String(line).split(';', 1)[0]!.split('=', 2)
      cookies.set(name, value)
    }
    let text = ''
    for await (const chunk of stream) text += String(chunk)
    return { status: Number(answer[':status']), location: String(answer['location'] ?? ''), text }
  }
}

t.test('over HTTP/2', async (t) => {
  const google = await startGoogle(t)
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  google.addRedirectUri(`${origin}/auth/return`)
  const app = Fastify({ http2: true })
  await app.register(googleAuth, optionsFor(google, `${origin}/auth/return`))
  app.get('/me', { onRequest: app.googleAuth.required() }, (request) => request.googleUser)
  await app.listen({ host: '127.0.0.1', port })
  const session = connect(origin)
  t.teardown(async () => {
    session.destroy()
    await app.close()
  })

  const ask = http2Browser(session)
  const guarded = await ask('/me', { accept: 'text/html', 'sec-fetch-mode': 'navigate' })
  t.match(guarded, { status: 302, location: /^\/auth\/start\?/ })
  const { location } = await ask(guarded.location)
  const back = await ask((await google.approve(location, { sub: ADA.sub })).slice(origin.length))
  t.match(back, { status: 302, location: '/me' })
  const me = await ask('/me')
  t.match([me.status, JSON.parse(me.text)], [200, ADA])

  const form = { ':method': 'POST', 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' }
  t.equal((await ask('/auth/signout', { ...form, origin: 'https://evil.example' })).status, 403)
  t.match(await ask('/auth/signout', { ...form, origin }, 'a=b'), { status: 303, location: '/' })
  t.equal((await ask('/me')).status, 401)
})
