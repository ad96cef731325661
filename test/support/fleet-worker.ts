/** One process of a fleet, see fleet-of-storages.ts. All share a provider in Redis, which rotates refresh tokens. */
import { Redis } from 'ioredis'
import type { Token } from '../../src/core/token/token.js'
import { userStorages } from './user-storages.js'
import { WRITE } from '../../src/redis/scripts/slot.js'
import { createSealer, PURPOSE } from '../../src/core/lib/sealing.js'
import { FLEET, refreshAt } from './fleet-provider.js'
import type { Order, Report, Step } from './fleet-of-storages.js'

const [redisUrl = '', leaseMs = ''] = process.argv.slice(2)
const redis = new Redis(redisUrl)
const sealer = createSealer([FLEET.secret])(PURPOSE.credentials)
const storage = userStorages({ redis, sealer, clientId: FLEET.clientId, leaseMs: Number(leaseMs) })(FLEET.user)

const report = (message: Report | { reached: Step } | 'ready'): void => void process.send?.(message)
const forEver = (): Promise<never> => new Promise(() => setInterval(() => undefined, 1_000))

const isFresh = (current: Token | null): boolean => current !== null && current.accessToken !== FLEET.expired

async function refreshAtOnce(count: number): Promise<Report> {
  const outcomes = await Promise.allSettled(
    Array.from({ length: count }, () =>
      storage.update((latest) => (isFresh(latest) ? latest : refreshAt(redis, latest)), { until: isFresh })
    )
  )
  return {
    tokens: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value?.accessToken ?? ''] : [])),
    errors: outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []))
  }
}

async function stopAt(step: Step): Promise<void> {
  const stand = (here: Step): Promise<never> | undefined => {
    if (here !== step) return undefined
    report({ reached: here })
    return forEver()
  }
  const client = redis as unknown as { evalshaBuffer: (sha: string, ...rest: unknown[]) => Promise<unknown> }
  const run = client.evalshaBuffer.bind(redis)
  client.evalshaBuffer = async (sha, ...rest) => {
    if (sha === WRITE.sha) await stand('refreshed')
    const answer = run(sha, ...rest)
    if (sha === WRITE.sha) {
      await stand('write sent')
      await answer
      await stand('stored')
    }
    return answer
  }
  await storage.update(async (latest) => {
    await stand('lease taken')
    return await refreshAt(redis, latest)
  })
}

process.on('message', (order: Order) => {
  if ('stopAt' in order) void stopAt(order.stopAt)
  else void refreshAtOnce(order.refreshAtOnce).then(report)
})
process.once('disconnect', () => process.exit())
await redis.ping()
report('ready')
