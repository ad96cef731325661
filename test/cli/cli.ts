import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { run } from '../../src/cli/run.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { bin: Record<string, string> }
/** What npx starts. */
const BIN = join(ROOT, bin['fastify-google-auth']!)

export interface Outcome {
  code: number | null
  out: string
  err: string
}

/** Starts the built program. It ends with the test. */
export function start(t: Test, args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [BIN, ...args], { env: { PATH: process.env.PATH, ...env } })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

/** What the built program says, and its exit code. The sources must say the same in this process. */
export async function cli(t: Test, args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const child = start(t, args, env)
  const said = { out: '', err: '' }
  child.stdout!.on('data', (data) => (said.out += String(data)))
  child.stderr!.on('data', (data) => (said.err += String(data)))
  const [code] = (await once(child, 'close')) as [number | null]
  t.same(await inProcess(args, env), { code, ...said }, 'the sources say the same')
  return { code, ...said }
}

/** The same, by the sources in this process. */
export async function inProcess(
  args: string[],
  env: Record<string, string> = {},
  stopped: () => Promise<void> = async () => undefined
): Promise<Outcome> {
  const said = { out: '', err: '' }
  const before = { ...process.env }
  delete process.env.NODE_ENV
  Object.assign(process.env, env)
  try {
    const code = await run(args, {
      print: (line = '') => void (said.out += `${line}\n`),
      complain: (line) => void (said.err += `${line}\n`),
      stopped
    })
    return { code, ...said }
  } finally {
    process.env = before
  }
}
