import { StorageError } from '../core/errors/storage.js'
import type { GrantRef } from '../core/storage/storage.js'
import type { RedisClient } from './commands.js'
import type { RedisKeys } from './keys.js'
import { within } from './time-limit.js'

/** About how many keys of Redis one step looks at. */
const PAGE = 500

/**
 * The grants of all records, in pages, of every master of a Cluster in turn. A grant that exists during the whole listing is
 * listed; one may be listed twice. Stops at `signal`.
 * @see https://redis.io/docs/latest/commands/scan/
 */
export async function* recordPages(
  { redis, keys }: { redis: RedisClient; keys: RedisKeys },
  signal?: AbortSignal
): AsyncIterable<GrantRef[]> {
  // SCAN names no key, so ioredis neither adds the prefix of the app's client nor removes it.
  const prefix = redis.options.keyPrefix ?? ''
  const pattern = `${prefix.replace(/[*?[\]\\]/g, '\\$&')}${keys.allRecords}`
  for (const node of await masters(redis)) {
    let cursor = '0'
    do {
      if (signal?.aborted) return
      const [next, names] = await within(node.scan(cursor, 'MATCH', pattern, 'COUNT', PAGE))
      cursor = next
      const grants = names.map((name) => keys.grantOf(name.slice(prefix.length))).filter((grant) => grant !== null)
      if (grants.length > 0) yield grants
    } while (cursor !== '0')
  }
}

async function masters(redis: RedisClient) {
  if (!('nodes' in redis)) return [redis]
  // A client that has not connected yet knows no nodes.
  await within(redis.ping())
  const nodes = redis.nodes('master')
  if (nodes.length === 0) throw new StorageError('No master of the Cluster is known. Try again.')
  return nodes
}
