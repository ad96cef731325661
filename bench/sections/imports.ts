import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cellsOf, compare, type Contender } from '../compare.js'
import type { Effort } from '../effort.js'
import { printTable } from '../table.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LIBRARIES = ['fastify', '@fastify/session', 'ioredis', 'jose']
const run = promisify(execFile)

/** Time on a CPU of importing the package, as a ratio to importing the libraries that it rests on. */
export async function compareImports({ rounds }: Effort): Promise<void> {
  const launch = async (): Promise<Contender[]> => [
    importing(LIBRARIES.join(', '), LIBRARIES),
    importing('fastify-google-auth', ['fastify-google-auth']),
    importing('fastify, fastify-google-auth', ['fastify', 'fastify-google-auth'])
  ]
  const { ratios } = await compare(launch, { launches: 1, rounds, slice: 1, warmUp: 1 })
  printTable(
    ['import', 'CPU x its libraries', 'middle half of the rounds'],
    ratios.map((ratio) => cellsOf(ratio))
  )
}

/** In a new process each time; its start is not counted. */
function importing(name: string, modules: string[]): Contender {
  const code = `
    const before = process.cpuUsage()
    ${modules.map((module) => `await import('${module}')`).join('\n')}
    const { user, system } = process.cpuUsage(before)
    process.stdout.write(String(user + system))`
  const slice = async (): Promise<number> => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: ROOT })
    return Number(stdout)
  }
  return { name, slice }
}
