import { StorageError } from '../core/errors/storage.js'
import type { ChainableCommander, Cluster, Redis } from 'ioredis'
import type { Script } from './scripts/script.js'

/** A client of ioredis, ours or the app's. Nothing is defined on it or changed. */
export type RedisClient = Redis | Cluster

/** How long replicas can take to confirm a write. It is part of a command, so it is shorter than the limit of one. */
const REPLICAS_LIMIT_MS = 1_000

/** How often a write is sent again when a node answers that another node has the slot. */
const MAX_REDIRECTIONS = 3

type Argument = string | number | Buffer

// The types of ioredis lack these methods. Its callBuffer() loses the name of the command with `enableAutoPipelining`.
interface Scripting<Answer> {
  evalshaBuffer: (sha: string, count: number, ...keysAndArgs: Argument[]) => Answer
  evalBuffer: (text: string, count: number, ...keysAndArgs: Argument[]) => Answer
}
const scripting = (redis: RedisClient) => redis as unknown as Scripting<Promise<unknown>>
const scriptingIn = (pipeline: ChainableCommander) => pipeline as unknown as Scripting<ChainableCommander>

/** Runs a script. */
export type RunScript = (script: Script, keys: string[], args: Argument[]) => Promise<unknown>

/** The answer of a script, with strings as Buffers. The text of the script is sent only when Redis does not know it yet. */
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
 * As `runScript`. Throws a `StorageError` unless `replicas` replicas confirmed the write. WAIT counts the writes of its own
 * connection, so both commands are sent in one pipeline: if the connection is lost between them, WAIT is not sent again.
 * @see https://redis.io/docs/latest/commands/wait/
 */
async function runReplicatedScript(
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
      // ioredis follows a redirection for a single command only, and remembers it for the next pipeline.
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

/** The clients for commands, and for writes that replicas must confirm. */
export interface RedisClients {
  redis: RedisClient
  writer: RedisClient
}

/** The answer of a script that writes, which `replicas` replicas must confirm; 0: none need to. */
export function runWrite(
  { redis, writer }: RedisClients,
  script: Script,
  keys: string[],
  args: Argument[],
  replicas: number
): Promise<unknown> {
  return replicas > 0 ? runReplicatedScript(writer, script, keys, args, replicas) : runScript(redis, script, keys, args)
}

/** The code of an error that Redis answered: its first word. `undefined` for any other error. */
export function replyCode(error: unknown): string | undefined {
  return error instanceof Error && error.name === 'ReplyError' ? /^[A-Z]+/.exec(error.message)?.[0] : undefined
}
