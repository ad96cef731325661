import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { GoogleAuthOptions } from '../../src/index.js'
import type { GoogleEmulator } from '../../src/emulator.js'

const MEMBER = fileURLToPath(new URL('fleet-member.js', import.meta.url))

export interface Answer {
  status: number
  body: { events?: number; code?: string }
  tookMs: number
}

/** A process of the fleet. */
export interface Member {
  /** `GET /calendar` with a session cookie. */
  calendar: (cookie: string) => Promise<Answer>
  /** Resolves when the process has stopped at its step. */
  held: Promise<unknown>
  /** kill -9. */
  kill: () => Promise<void>
  freeze: () => void
  thaw: () => void
}

/** Starts a process with the built plugin. It ends with the test. */
export async function startMember(
  t: Test,
  google: GoogleEmulator,
  options: Omit<GoogleAuthOptions, 'redis'> & { redis: string },
  hold?: 'before the request' | 'after the answer'
): Promise<Member> {
  const env = { ...process.env, FLEET: JSON.stringify({ options, apiOrigin: google.apiOrigin, hold }) }
  const child = fork(MEMBER, { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const gone = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await gone
  })
  const { port } = (await message(child, 'port')) as { port: number }
  return {
    calendar: (cookie) => get(port, cookie),
    held: message(child, 'held'),
    kill: async () => {
      child.kill('SIGKILL')
      await gone
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT')
  }
}

function message(child: ChildProcess, field: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.on('message', (told: object) => {
      if (field in told) resolve(told)
    })
    child.once('exit', () => reject(new Error(`A process of the fleet ended before it said ${field}`)))
  }).catch((error: unknown) => (field === 'held' ? null : Promise.reject(error as Error)))
}

function get(port: number, cookie: string): Promise<Answer> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const headers = { cookie, accept: 'application/json' }
    request({ host: '127.0.0.1', port, path: '/calendar', headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        const body = JSON.parse(text) as Answer['body']
        resolve({ status: response.statusCode ?? 0, body, tookMs: performance.now() - startedAt })
      })
    })
      .on('error', reject)
      .end()
  })
}
