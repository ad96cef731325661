/**
 * npm run bench [-- --only requests,stampede,memory,sealing] [--rounds 30] [--sign-ins 100000]
 *
 * Needs redis-server in the PATH and nothing else. Absolute times depend on the machine and on what else it does: compare
 * the ratios of one run. Prints tables, writes nothing.
 */
import { parseArgs } from 'node:util'
import { compareMemory } from './sections/memory.js'
import { stopAll } from './processes.js'
import { compareRequests } from './sections/requests.js'
import { measureSealing } from './sections/sealing.js'
import { countStampedes } from './sections/stampede.js'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'requests,stampede,sealing,memory' },
    rounds: { type: 'string', default: '30' },
    'sign-ins': { type: 'string', default: '100000' }
  }
})

const sections: Record<string, () => Promise<void> | void> = {
  requests: () => compareRequests(Number(values.rounds)),
  stampede: countStampedes,
  sealing: measureSealing,
  memory: () => compareMemory(Number(values['sign-ins']))
}

try {
  for (const name of values.only.split(',')) {
    const section = sections[name]
    if (section === undefined) throw new Error(`There is no section ${name}, only ${Object.keys(sections).join(', ')}.`)
    await section()
  }
} finally {
  await stopAll()
}
