/**
 * npm run bench [-- --only requests,stampede] [--quick] [--rounds 30] [--stored 100000] [--sign-ins 100000]
 *
 * Needs redis-server in the PATH and nothing else. Absolute times depend on the machine and on what else it does: compare
 * the ratios of one run. Prints tables, writes nothing.
 */
import { parseArgs } from 'node:util'
import { type Effort, FULL, QUICK } from './effort.js'
import { stopAll } from './processes.js'
import { compareHotUsers } from './sections/hot-users.js'
import { compareImports } from './sections/imports.js'
import { compareMemory } from './sections/memory.js'
import { countBytes } from './sections/records.js'
import { compareRequests } from './sections/requests.js'
import { measureSealing } from './sections/sealing.js'
import { compareSignIns } from './sections/sign-in.js'
import { measureSignOuts } from './sections/sign-outs.js'
import { countStampedes } from './sections/stampede.js'
import { compareStoredUsers } from './sections/stored-users.js'
import { compareUntouched } from './sections/untouched.js'

const SECTIONS: Record<string, (effort: Effort) => Promise<void> | void> = {
  requests: compareRequests,
  untouched: compareUntouched,
  'sign-in': compareSignIns,
  stampede: countStampedes,
  records: countBytes,
  imports: compareImports,
  'hot-users': compareHotUsers,
  'stored-users': compareStoredUsers,
  'sign-outs': measureSignOuts,
  sealing: measureSealing,
  memory: compareMemory
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    stored: { type: 'string' },
    'sign-ins': { type: 'string' }
  }
})
const usual = values.quick ? QUICK : FULL
const effort: Effort = {
  ...usual,
  rounds: Number(values.rounds ?? usual.rounds),
  stored: Number(values.stored ?? usual.stored),
  manySignIns: Number(values['sign-ins'] ?? usual.manySignIns)
}
/** `memory` takes by far the longest, so it must be named where it is to be quick. */
const all = Object.keys(SECTIONS).filter((name) => !values.quick || name !== 'memory')

try {
  for (const name of values.only?.split(',') ?? all) {
    const section = SECTIONS[name]
    if (section === undefined) throw new Error(`There is no section ${name}, only ${Object.keys(SECTIONS).join(', ')}.`)
    await section(effort)
  }
} finally {
  await stopAll()
}
