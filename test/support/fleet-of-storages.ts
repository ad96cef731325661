import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The steps at which a process of the fleet can be stopped for ever. */
export const STEPS = ['lease taken', 'refreshed', 'write sent', 'stored'] as const
export type Step = (typeof STEPS)[number]

/** What a process has to do, for the user `ann`. */
export type Order = { refreshAtOnce: number } | { stopAt: Step }
/** Its results: access tokens, and errors as text. */
export interface Report {
  tokens: string[]
  errors: string[]
}

export interface Worker {
  order(order: Order & { refreshAtOnce: number }): Promise<Report>
  order(order: Order & { stopAt: Step }): Promise<{ reached: Step }>
  /** kill -9. */
  kill(): Promise<void>
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
}

export interface WorkerOptions {
  redisUrl: string
  leaseMs: number
}

const running = new Set<ChildProcess>()
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')))

/** Starts a process that shares a storage with others, and waits until it is ready. */
export async function startWorker({ redisUrl, leaseMs }: WorkerOptions): Promise<Worker> {
  const child = fork(fileURLToPath(new URL('./fleet-worker.ts', import.meta.url)), [redisUrl, String(leaseMs)], {
    execArgv: ['--import', 'tsx'],
    // Without the options of tap: coverage is not measured here, and TypeScript is loaded in another way.
    env: { PATH: process.env.PATH }
  })
  running.add(child)
  const gone = once(child, 'close').then(() => void running.delete(child))
  await Promise.race([
    once(child, 'message'),
    gone.then(() => {
      throw new Error('a process of the fleet ended at once')
    })
  ])
  return {
    async order(order: Order) {
      const answer = once(child, 'message')
      child.send(order)
      return (await answer)[0] as Report & { reached: Step }
    },
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
    signal: (name) => void child.kill(name)
  }
}
