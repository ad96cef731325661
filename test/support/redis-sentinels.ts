import { Redis } from 'ioredis'
import { eventually, type RedisServer, startRedis } from './redis.js'

const NAME = 'mymaster'
const SENTINELS = 3
const REPLICAS = 2

/** A master, two replicas and three sentinels on loopback. */
export interface SentinelSet {
  master: RedisServer
  replicas: RedisServer[]
  /** A new client with the default options of ioredis, which asks the sentinels for the master. */
  client(): Redis
  stop(): Promise<void>
}

export async function startSentinels(): Promise<SentinelSet> {
  const master = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] })
  const replicas = await Promise.all(
    Array.from({ length: REPLICAS }, () =>
      startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port), '--repl-diskless-sync-delay', '0'] })
    )
  )
  const sentinels = await Promise.all(
    Array.from({ length: SENTINELS }, () =>
      startRedis({
        sentinel: [
          `sentinel monitor ${NAME} 127.0.0.1 ${master.port} 2`,
          `sentinel down-after-milliseconds ${NAME} 1000`,
          `sentinel failover-timeout ${NAME} 3000`
        ]
      })
    )
  )
  const clients = new Set<Redis>()
  const set: SentinelSet = {
    master,
    replicas,
    client() {
      const client = new Redis({ sentinels: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })), name: NAME })
      client.on('error', () => undefined)
      clients.add(client)
      return client
    },
    async stop() {
      for (const client of clients) client.disconnect()
      await Promise.all([master, ...replicas, ...sentinels].map((server) => server.stop()))
    }
  }
  try {
    await Promise.all(sentinels.map(knowsAll))
    const link = master.client()
    await eventually(async () => (await link.info('replication')).match(/state=online/g)?.length === REPLICAS)
  } catch (error) {
    await set.stop()
    throw error
  }
  return set
}

/** Waits until a sentinel knows the replicas and the other sentinels. */
async function knowsAll(sentinel: RedisServer): Promise<void> {
  const client = sentinel.client({ enableReadyCheck: false })
  // Without this, it asks the master for replicas only every ten seconds.
  await client.call('SENTINEL', 'DEBUG', 'info-period', '300')
  await eventually(async () => {
    const facts = (await client.call('SENTINEL', 'MASTER', NAME)) as string[]
    const fact = (name: string): number => Number(facts[facts.indexOf(name) + 1])
    return fact('num-slaves') === REPLICAS && fact('num-other-sentinels') === SENTINELS - 1
  })
}
