import { StorageError } from '../core/errors/grant.js'
import type { ChainableCommander, Cluster, Redis } from 'ioredis'
import type { Script } from './scripts.js'

/** A client of ioredis, ours or handed over: it is used as it is, nothing is defined on it or changed. */
export type RedisClient = Redis | Cluster

/** How long replicas may take to confirm a write; below the limit of a command, as this is part of one. */
export const REPLICAS_LIMIT_MS = 1_000

/** How often a write is sent again after a node said that another one has the slot. */
const MAX_REDIRECTIONS = 3

type Argument = string | number | Buffer

// ioredis has these, its types do not; its callBuffer() loses the command's name when `enableAutoPipelining` is on.
interface Scripting<Answer> {
  evalshaBuffer: (sha: string, count: number, ...keysAndArgs: Argument[]) => Answer
  evalBuffer: (text: string, count: number, ...keysAndArgs: Argument[]) => Answer
}
const scripting = (redis: RedisClient) => redis as unknown as Scripting<Promise<unknown>>
const scriptingIn = (pipeline: ChainableCommander) => pipeline as unknown as Scripting<ChainableCommander>

/** The answer of a script, strings as Buffers. The text of the script is sent only where Redis does not know it yet. */
export async function runScript(
  redis: RedisClient,
  { sha, text }: Script,
  keys: string[],
  args: Argument[]
): Promise<unknown> {
  try {
    return await scripting(redis).evalshaBuffer(sha, keys.length, ...keys, ...args)
  } catch (error) {
    if (replyCode(error) !== 'NOSCRIPT') throw error
    return await scripting(redis).evalBuffer(text, keys.length, ...keys, ...args)
  }
}

/**
 * As `runScript`, and throws a `StorageError` unless `replicas` replicas confirmed the write. WAIT is about the writes of
 * its own connection, so both go out together: if the connection is lost between them, WAIT is not sent again.
 * @see https://redis.io/docs/latest/commands/wait/
 */
export async function runReplicatedScript(
  redis: RedisClient,
  { sha, text }: Script,
  keys: string[],
  args: Argument[],
  replicas: number
): Promise<unknown> {
  let known = true
  for (let redirections = 0; ;) {
    const pipeline = redis.pipeline()
    if (known) scriptingIn(pipeline).evalshaBuffer(sha, keys.length, ...keys, ...args)
    else scriptingIn(pipeline).evalBuffer(text, keys.length, ...keys, ...args)
    const [written, confirmed] = (await pipeline.wait(replicas, REPLICAS_LIMIT_MS).exec()) ?? []
    const code = replyCode(written?.[0])
    if (code === 'NOSCRIPT' && known) {
      known = false
    } else if ((code === 'MOVED' || code === 'ASK') && redirections++ < MAX_REDIRECTIONS) {
      // Pipelines are not redirected; a single command is, and the client learns the way by it.
      await redis.exists(keys[0] ?? '')
    } else {
      if (written === undefined || written[0]) throw new StorageError(undefined, written?.[0])
      const count = confirmed?.[0] ? NaN : Number(confirmed?.[1])
      if (!(count >= replicas)) {
        throw new StorageError('Too few replicas confirmed the write. Try again.', confirmed?.[0] ?? undefined)
      }
      return written[1]
    }
  }
}

/** The first word of an error that Redis answered, which is its code. */
export function replyCode(error: unknown): string | undefined {
  return error instanceof Error && error.name === 'ReplyError' ? /^[A-Z]+/.exec(error.message)?.[0] : undefined
}
