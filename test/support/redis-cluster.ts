import { Cluster } from 'ioredis'
import { eventually, freePort, type RedisServer, startRedis } from './redis.js'

const MASTERS = 3
const SLOTS = 16_384
/** A node counts as failed after this time. A failover then takes about as long. */
const NODE_TIMEOUT_MS = 1_000

/** A Redis Cluster on loopback: three masters, and one replica of each, in the same order. */
export interface RedisCluster {
  nodes: RedisServer[]
  masters: RedisServer[]
  replicas: RedisServer[]
  /** A new client with the default options of ioredis. */
  client(): Cluster
  stop(): Promise<void>
}

export async function startCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: 2 * MASTERS }, startNode))
  const masters = nodes.slice(0, MASTERS)
  const replicas = nodes.slice(MASTERS)
  const clients = new Set<Cluster>()
  const cluster: RedisCluster = {
    nodes,
    masters,
    replicas,
    client() {
      const client = new Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
      client.on('error', () => undefined)
      clients.add(client)
      return client
    },
    async stop() {
      for (const client of clients) client.disconnect()
      await Promise.all(nodes.map((node) => node.stop()))
    }
  }
  try {
    await join(nodes, masters, replicas)
  } catch (error) {
    await cluster.stop()
    throw error
  }
  return cluster
}

const busPorts = new Map<RedisServer, number>()

async function startNode(): Promise<RedisServer> {
  const busPort = await freePort()
  const node = await startRedis({
    args: [
      ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
      ...['--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--repl-diskless-sync-delay', '0']
    ]
  })
  busPorts.set(node, busPort)
  return node
}

async function join(nodes: RedisServer[], masters: RedisServer[], replicas: RedisServer[]): Promise<void> {
  const clients = new Map(nodes.map((node) => [node, node.client()]))
  const on = (node: RedisServer, ...words: (string | number)[]): Promise<unknown> => {
    const client = clients.get(node)
    if (client === undefined) throw new Error('no such node')
    return client.call('CLUSTER', words)
  }
  for (const [index, master] of masters.entries()) {
    const from = Math.floor((index * SLOTS) / MASTERS)
    const to = Math.floor(((index + 1) * SLOTS) / MASTERS) - 1
    await on(master, 'ADDSLOTSRANGE', from, to)
    await on(master, 'SET-CONFIG-EPOCH', index + 1)
  }
  const [first, ...others] = nodes
  if (first === undefined) throw new Error('no nodes')
  for (const other of others) await on(first, 'MEET', '127.0.0.1', other.port, busPorts.get(other) ?? 0)
  const everywhere = (text: string): Promise<void> =>
    eventually(async () =>
      (await Promise.all(nodes.map((node) => on(node, 'INFO')))).every((info) => String(info).includes(text))
    )
  await everywhere(`cluster_known_nodes:${nodes.length}`)
  for (const [index, replica] of replicas.entries()) {
    const master = masters[index]
    if (master !== undefined) await on(replica, 'REPLICATE', String(await on(master, 'MYID')))
  }
  await everywhere('cluster_state:ok')
  await Promise.all(
    replicas.map((replica) => eventually(async () => isInSync(await clients.get(replica)?.info('replication'))))
  )
  await eventually(
    async () =>
      !String(await on(first, 'SLOTS')).includes('null') && countReplicas(await on(first, 'SLOTS')) === MASTERS
  )
  for (const client of clients.values()) client.disconnect()
}

function isInSync(info = ''): boolean {
  return info.includes('master_link_status:up')
}

/** The replicas that clients know. */
function countReplicas(slots: unknown): number {
  return (slots as unknown[][]).reduce((sum, range) => sum + range.length - 3, 0)
}
