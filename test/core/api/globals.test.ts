/** Importing the package loads nothing of `fetch`, and calling APIs leaves Node's own `fetch` what it is. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = new URL('../../../', import.meta.url)
const { exports } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
  exports: Record<string, { default?: string }>
}

/** What `script` prints as JSON, run by a process of its own. */
function inProcess(script: string): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(ROOT),
    encoding: 'utf8',
    // Without what the test runner loads into every process.
    env: { ...process.env, NODE_OPTIONS: '' }
  })
  return JSON.parse(stdout || JSON.stringify(stderr))
}

t.test('importing any entry sets no dispatcher, and does not load that of fetch', async (t) => {
  const entries = Object.values(exports).flatMap((entry) => entry.default ?? [])
  t.ok(entries.length >= 3)
  for (const entry of entries) {
    // Names alone: on some versions of Node a look at the value of a lazy global is its first use.
    const added = inProcess(`
      const before = new Set(Reflect.ownKeys(globalThis))
      const { fetch } = globalThis
      await import(${JSON.stringify(new URL(entry, ROOT).href)})
      const added = Reflect.ownKeys(globalThis).filter((key) => !before.has(key)).map(String)
      console.log(JSON.stringify(fetch === globalThis.fetch ? added : ['fetch']))
      process.exit()
    `)
    t.same(
      (added as string[]).filter((name) => /undici|fetch/.test(name)),
      [],
      entry
    )
  }
})

t.test('calls go over the connections of Node’s own fetch, which stay its own', async (t) => {
  const script = (calls: string): string => `
    import { createServer } from 'node:http'
    import { once } from 'node:events'
    import { AccessTokenCredentials } from ${JSON.stringify(new URL('dist/core.js', ROOT).href)}
    const ports = new Set()
    const server = createServer((request, response) => {
      ports.add(request.socket.remotePort)
      response.setHeader('content-type', 'application/json').end('{}')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = 'http://127.0.0.1:' + server.address().port
    const credentials = new AccessTokenCredentials('ya29.made')
    const send = credentials.authorize()
    const dispatchers = () => [1, 2].map((version) => globalThis[Symbol.for('undici.globalDispatcher.' + version)])
    const calls = {
      fetch: async () => (await fetch(url)).json(),
      request: () => credentials.request({ url }),
      authorized: async () => (await send(url)).json()
    }
    const seen = []
    for (const name of ${calls}) {
      await calls[name]()
      // A connection is free again when its answer has been dealt with.
      await new Promise((resolve) => setImmediate(resolve))
      seen.push(dispatchers())
    }
    // What undici would be, had one been installed beside Node's.
    const { Agent } = await import('undici')
    console.log(JSON.stringify({
      connections: ports.size,
      same: seen.every((each) => each.every((dispatcher, index) => dispatcher === seen[0][index])),
      foreign: seen.flat().some((dispatcher) => dispatcher instanceof Agent)
    }))
    process.exit()
  `
  for (const calls of [
    ['fetch', 'request', 'authorized', 'fetch'],
    ['request', 'fetch', 'authorized'],
    ['authorized', 'fetch', 'request']
  ])
    t.same(inProcess(script(JSON.stringify(calls))), { connections: 1, same: true, foreign: false }, calls.join(', '))
})
