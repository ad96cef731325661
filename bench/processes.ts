import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'

/** What a forked server tells when asked. */
export interface Reading {
  /** Time on a CPU so far, all threads. */
  cpuUs: number
  /** In use after a forced garbage collection. */
  heapBytes: number
}

/** A forked server of this bench. */
export interface Server {
  url: string
  cpuUs(): Promise<number>
  heapBytes(): Promise<number>
  stop(): Promise<void>
}

const running: ChildProcess[] = []
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Ends what was started, the latest first: servers before what they lean on. */
export async function stopAll(): Promise<void> {
  for (const child of running.splice(0).reverse()) await stop(child)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** An empty redis-server on loopback that keeps nothing on disk. Gives its URL. */
export async function startRedis(): Promise<string> {
  const port = await freePort()
  running.push(
    spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], { stdio: 'ignore' })
  )
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null, retryStrategy: () => 50 })
  client.on('error', () => {}) // until it listens
  await client.ping()
  client.disconnect()
  return `redis://127.0.0.1:${port}`
}

/** Forks `file` of this folder, which listens on `PORT` and answers readings; waits until it listens. */
export async function startServer(file: string, env: Record<string, string> = {}, port?: number): Promise<Server> {
  const chosen = port ?? (await freePort())
  const child = fork(new URL(file, import.meta.url), {
    execArgv: ['--import', 'tsx', '--expose-gc'],
    env: { ...process.env, NODE_ENV: 'production', ...env, PORT: String(chosen) }
  })
  running.push(child)
  child.once('exit', (code, signal) => {
    if (!running.includes(child)) return
    console.error(`${file} ended by itself: ${signal ?? code}`)
    process.exit(1)
  })
  await once(child, 'message')
  const ask = async (what: keyof Reading): Promise<number> => {
    child.send(what)
    const [reading] = (await once(child, 'message')) as [number]
    return reading
  }
  return {
    url: `http://127.0.0.1:${chosen}`,
    cpuUs: () => ask('cpuUs'),
    heapBytes: () => ask('heapBytes'),
    stop: () => stop(...(running.splice(running.indexOf(child), 1) as [ChildProcess]))
  }
}

/** The other end: answers readings, and says that the server listens. */
export function answerReadings(): void {
  const readings: Record<keyof Reading, () => number | Promise<number>> = {
    cpuUs: () => {
      const { user, system } = process.cpuUsage()
      return user + system
    },
    heapBytes: async () => {
      // What ended just now lets go of its objects within a few turns of the event loop.
      for (let i = 0; i < 5; i++) {
        await sleep(50)
        globalThis.gc?.()
      }
      return process.memoryUsage().heapUsed
    }
  }
  process.on(
    'message',
    (what: keyof Reading) => void Promise.resolve(readings[what]()).then((value) => process.send?.(value))
  )
  // Nobody asks any more: the bench was killed.
  process.once('disconnect', () => process.exit())
  process.send?.('listening')
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
