import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CommonRedisOptions, Redis } from 'ioredis'

/** How long a server can take until it answers. */
const START_LIMIT_MS = 10_000

export type ClientOptions = Omit<CommonRedisOptions, 'replyMapping'>

/** A redis-server for one test. */
export interface RedisServer {
  url: string
  port: number
  pid: number
  /** A new connection, closed with the server. */
  client(options?: ClientOptions): Redis
  /** SIGSTOP: connections stay open, and nothing is answered. */
  freeze(): void
  thaw(): void
  /** kill -9. */
  kill(): Promise<void>
  /** Starts it again after `kill()`, without data, on the same port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface StartOptions {
  /** Arguments such as `'--maxmemory', '10mb'`. */
  args?: string[]
  /** Default: a free one. */
  port?: number
  /** Runs the server as a sentinel. These lines become its configuration file, to which it writes. */
  sentinel?: string[]
}

const running = new Set<ChildProcess>()
// A test that fails must neither leave servers behind nor wait for them.
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')))
process.once('SIGTERM', () => process.exit(1))

/** Starts a redis-server on loopback that keeps nothing on disk, and waits until it answers. */
export async function startRedis({ port, ...options }: StartOptions = {}): Promise<RedisServer> {
  if (port !== undefined) return startOn(port, options)
  for (let tries = 1; ; tries++) {
    try {
      return await startOn(await freePort(), options)
    } catch (error) {
      // Another process has taken the port since.
      if (tries === 3 || !String(error).includes('Address already in use')) throw error
    }
  }
}

async function startOn(chosen: number, { args = [], sentinel }: StartOptions): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'))
  const clients = new Set<Redis>()
  const start = (): ChildProcess => launch(chosen, folder, args, sentinel)
  let child = start()
  let gone = once(child, 'close')

  const server: RedisServer = {
    url: `redis://127.0.0.1:${chosen}`,
    port: chosen,
    client(options = {}) {
      const client = new Redis({ port: chosen, host: '127.0.0.1', ...options })
      client.on('error', () => undefined)
      clients.add(client)
      return client
    },
    get pid() {
      return child.pid ?? 0
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async kill() {
      child.ref()
      child.kill('SIGKILL') // also ends a frozen one
      await gone
    },
    async restart() {
      child = start()
      gone = once(child, 'close')
      await untilUp(server, child)
    },
    async stop() {
      for (const client of clients) client.disconnect()
      await server.kill()
      rmSync(folder, { recursive: true, force: true })
    }
  }
  try {
    await untilUp(server, child)
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

function launch(port: number, folder: string, args: string[], sentinel?: string[]): ChildProcess {
  const configuration = join(folder, 'sentinel.conf')
  if (sentinel && !existsSync(configuration)) writeFileSync(configuration, sentinel.join('\n'))
  const child = spawn(
    process.env.REDIS_SERVER_PATH ?? 'redis-server',
    [
      ...(sentinel ? [configuration, '--sentinel'] : ['--save', '']),
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...args
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] }
  )
  child.unref()
  for (const pipe of [child.stdout, child.stderr]) if (pipe instanceof Socket) pipe.unref()
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

async function untilUp(server: RedisServer, child: ChildProcess): Promise<void> {
  let said = ''
  const listen = (chunk: Buffer): void => void (said = (said + chunk.toString()).slice(-2_000))
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  const failed = once(child, 'error').then(([error]) => {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw missing
      ? new Error(
          'These tests need redis-server: install it (Debian: apt-get install redis-server; macOS: brew install redis), or name it in REDIS_SERVER_PATH.'
        )
      : (error as Error)
  })
  const closed = once(child, 'close').then(() => {
    throw new Error(`redis-server ended at once: ${said}`)
  })
  const client = server.client({ retryStrategy: () => 20, maxRetriesPerRequest: null })
  const late = AbortSignal.timeout(START_LIMIT_MS)
  const tooLate = once(late, 'abort').then(() => {
    throw new Error(`redis-server did not answer in time: ${said}`)
  })
  await Promise.race([client.ping(), failed, closed, tooLate]).finally(() => client.disconnect())
  for (const other of [failed, closed, tooLate]) other.catch(() => undefined)
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Waits until `condition` holds. */
export async function eventually(condition: () => Promise<boolean> | boolean, limitMs = 10_000): Promise<void> {
  for (const end = Date.now() + limitMs; !(await condition());) {
    if (Date.now() > end) throw new Error(`did not happen within ${limitMs} ms: ${condition.toString()}`)
    await sleep(20)
  }
}

/** The commands that Redis ran meanwhile, with those in scripts and without those that open a connection. */
export async function commandsDuring(
  redis: RedisServer,
  work: () => Promise<unknown>
): Promise<Record<string, number>> {
  const client = redis.client()
  await client.ping()
  await client.config('RESETSTAT')
  await work()
  const text = await client.info('commandstats')
  client.disconnect()
  const counts = [...text.matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)].map(([, name, calls]) => [name, Number(calls)])
  return Object.fromEntries(counts.filter(([name]) => !/^(config|info|hello|client|ping)/.test(String(name))))
}
