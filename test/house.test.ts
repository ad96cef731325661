/** The source is a house of rooms in one order: a file imports from its own room and from the rooms above it, never below. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'

const SRC = fileURLToPath(new URL('../src', import.meta.url))

/** A room is a folder, with all below it, or one file. What it may take from npm stands behind it; `node:` modules always. */
const ROOMS: [room: string, ...packages: string[]][] = [
  ['core/lib'],
  ['core/channels.ts'],
  ['core/errors'],
  ['core/token'],
  ['core/storage'],
  ['core/http'],
  ['core/provider', 'jose', 'oauth4webapi'],
  ['core/risc', 'jose'],
  ['core/api'],
  ['core/oauth2client-json', 'jose'],
  ['core/file-storage'],
  ['core/credentials', 'jose', 'oauth4webapi'],
  ['core/flow', 'oauth4webapi'],
  ['core.ts'],
  ['claims'],
  ['sessions'],
  ['grants'],
  ['redis', 'ioredis'],
  ['plugin/types', 'fastify', '@fastify/session'],
  ['plugin/background-tasks.ts'],
  ['plugin/log-events.ts'],
  ['plugin/run-hook.ts', 'fastify'],
  ['plugin/request-slot.ts', 'fastify'],
  ['plugin/options', '@fastify/session'],
  ['plugin/http', 'fastify', 'negotiator'],
  ['plugin/warnings', 'fastify'],
  ['plugin/session', 'fastify', 'fastify-plugin', '@fastify/cookie', '@fastify/session'],
  ['plugin/flow.ts'],
  ['plugin/principal', 'fastify'],
  ['plugin/grants', 'fastify'],
  ['plugin/sign-in', 'fastify'],
  ['plugin/connect', 'fastify'],
  ['plugin/doors', 'fastify'],
  ['plugin/guard', 'fastify'],
  ['plugin/sign-out', 'fastify'],
  ['plugin/stores.ts', 'fastify'],
  ['plugin/risc', 'fastify'],
  ['plugin/routes.ts', 'fastify'],
  ['plugin/google-auth.ts', 'fastify'],
  ['plugin/request-decorators.ts', 'fastify'],
  ['plugin/grant-api.ts', 'fastify'],
  ['plugin/test-entrance.ts', 'fastify'],
  ['plugin/assemble.ts', 'fastify'],
  ['plugin/plugin.ts', 'fastify', 'fastify-plugin'],
  ['index.ts'],
  ['testing', 'fastify'],
  ['testing.ts'],
  ['telemetry', '@opentelemetry/api'],
  ['opentelemetry.ts'],
  ['emulator/http', 'fastify'],
  ['emulator/state/secrets.ts'],
  ['emulator/state/registry', 'jose'],
  ['emulator/state/grants'],
  ['emulator/state/calendar'],
  ['emulator/state/faults', 'fastify'],
  ['emulator/state'],
  ['emulator/token', 'fastify', 'jose'],
  ['emulator/sign-in', 'fastify'],
  ['emulator/script', 'fastify'],
  ['emulator/identity', 'fastify', 'jose'],
  ['emulator/calendar', 'fastify'],
  ['emulator/risc', 'fastify', 'jose'],
  ['emulator/console', 'fastify'],
  ['emulator/control', 'fastify'],
  ['emulator/server.ts', 'fastify'],
  ['emulator/start.ts'],
  ['emulator.ts'],
  ['cli/command.ts'],
  ['cli/read-options.ts'],
  ['cli/network-code.ts'],
  ['cli/doctor'],
  ['cli/emulator'],
  ['cli/risc', 'jose'],
  ['cli']
]

/** Where a file's room stands in the order; the longest name that fits counts. */
function floorOf(file: string): number {
  const fits = ROOMS.map(([room], floor) => ({ room, floor })).filter(
    ({ room }) => file === room || file.startsWith(`${room}/`)
  )
  return fits.sort((one, other) => other.room.length - one.room.length)[0]?.floor ?? -1
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
for (const file of files) {
  const floor = floorOf(file)
  t.ok(floor >= 0, `${file} stands in a room`)
  const [room = '', ...packages] = ROOMS[floor] ?? []
  for (const { fileName: name } of ts.preProcessFile(readFileSync(join(SRC, file), 'utf8')).importedFiles) {
    if (name.startsWith('node:')) continue
    if (!name.startsWith('.')) {
      t.ok(packages.includes(name), `${file} (${room}) may import ${name}`)
      continue
    }
    const target = relative(SRC, join(SRC, dirname(file), name)).replace(/\.js$/, '.ts')
    t.ok(floorOf(target) <= floor, `${file} imports ${target}, which stands above it`)
    t.ok(file === 'index.ts' || !/(^|\/)index\.ts$/.test(target), `${file} imports no table of contents`)
  }
}
