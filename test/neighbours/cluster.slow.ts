/** `node:cluster`: two workers behind one port, which share a Redis. A sign-in begins at one and ends at the other. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { ADA, optionsFor, startGoogle, startRedisFor } from '../support/app.js'
import { Browser } from '../support/jar.js'
import { freePort } from '../support/redis.js'

const CLUSTER = fileURLToPath(new URL('../support/cluster.js', import.meta.url))

t.test('two workers', async (t) => {
  const google = await startGoogle(t)
  const { url: redis } = await startRedisFor(t)
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  google.addRedirectUri(`${origin}/auth/return`)
  const options = { ...optionsFor(google, `${origin}/auth/return`), redis }
  const env = { ...process.env, CLUSTER: JSON.stringify({ port, options }) }
  const primary = fork(CLUSTER, { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const gone = once(primary, 'exit')
  t.teardown(async () => {
    if (primary.connected) primary.disconnect()
    await gone
  })
  const ended = gone.then(() => Promise.reject(new Error('The cluster ended before it listened')))
  await Promise.race([once(primary, 'message'), ended])
  ended.catch(() => undefined)

  const workers = new Set<unknown>()
  for (let sessions = 0; sessions < 4; sessions++) {
    const user = new Browser(origin, port)
    const started = await user.navigate('/auth/start?return_to=/me')
    const back = await user.navigate((await google.approve(started.location, { sub: ADA.sub })).slice(origin.length))
    t.match([back.status, back.location], [302, '/me'])
    for (let requests = 0; requests < 3; requests++) {
      const me = await user.fetch('/me')
      t.match([me.status, me.json()], [200, ADA])
      workers.add(me.headers['x-worker'])
    }
    const pair = [started, back].map(({ headers }) => headers['x-worker'])
    t.ok(pair.every(Boolean))
    t.equal((await user.submit('/auth/signout')).status, 303)
    t.equal((await user.fetch('/me')).status, 401)
    t.equal((await user.fetch('/me')).status, 401, 'at the other worker too')
  }
  t.equal(workers.size, 2, 'both workers answered')
})
