import { createSealer, PURPOSE } from '../../src/core/lib/sealing.js'
import { printTable } from '../table.js'

const TIMES = 50_000
/** About what credentials with an ID token have. */
const TEXT = 'x'.repeat(1_500)

/** Microseconds that sealing costs: once per write, opening once per API call. */
export function measureSealing(): void {
  const sealer = createSealer(['a secret of at least thirty-two characters'])(PURPOSE.credentials)
  const sealed = sealer.sealBytes(TEXT, 'client', 'user')
  printTable(
    ['sealing 1,500 bytes', 'CPU us'],
    [
      ['seal', cpuUsOf(() => sealer.sealBytes(TEXT, 'client', 'user'))],
      ['open', cpuUsOf(() => sealer.openBytes(sealed, 'client', 'user'))]
    ]
  )
}

function cpuUsOf(work: () => unknown): number {
  for (let i = 0; i < TIMES / 10; i++) work()
  const before = process.cpuUsage()
  for (let i = 0; i < TIMES; i++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / TIMES
}
