import type { Redis, RedisOptions } from 'ioredis'
import { type RunScript, runScript } from '../commands.js'
import { createReader, type Reader } from './reader.js'
import { COMMAND_LIMIT_MS, within } from '../time-limit.js'

/** Where Redis says which keys have changed. */
const CHANNEL = '__redis__:invalidate'
/** How often both connections are asked for a sign of life. */
const PING_MS = 1_000
const RECONNECT_MS = 100

/** What is told of records that change. */
export interface TrackingEvents {
  /** Every change of a record that was read from now on will be told. */
  on(): void
  /** Changes may be missed from now on. */
  off(): void
  /** The record with this key has changed; `null`: all may have. */
  changed(key: string | null): void
}

const OWN_OPTIONS: Partial<RedisOptions> = {
  protocol: 2,
  lazyConnect: true,
  enableOfflineQueue: false,
  enableAutoPipelining: false,
  autoResubscribe: false,
  // A command without a connection fails at once: its record is then read over the connection of the app.
  maxRetriesPerRequest: 0,
  connectTimeout: COMMAND_LIMIT_MS,
  retryStrategy: () => RECONNECT_MS
}

/**
 * Redis' client-side caching, over two connections of its own: records are read over one, and the other hears of each change
 * of a record that was read. When one of the two is lost, tracking is off until both are there again. The client of the app
 * stays as it is.
 *
 * There are two because ioredis drops the messages that RESP3 would bring over a single one.
 * @see https://redis.io/docs/latest/develop/reference/client-side-caching/
 */
export class Tracking {
  readonly #reading: Redis
  readonly #listening: Redis
  readonly #events: TrackingEvents
  readonly #read: Reader
  #listenerId: number | null = null
  /** How often a connection was lost. What began before a loss means nothing after it. */
  #losses = 0
  #turning: Promise<void> = Promise.resolve()
  #on = false
  #pings: NodeJS.Timeout | undefined

  constructor(redis: Redis, events: TrackingEvents) {
    const { keyPrefix = '' } = redis.options
    this.#events = events
    this.#reading = redis.duplicate(OWN_OPTIONS)
    this.#listening = redis.duplicate({ ...OWN_OPTIONS, keyPrefix: '' })
    this.#read = createReader(this.#reading)
    this.#listening.on('messageBuffer', (_channel, message: unknown) => {
      // A list of keys; `null` after FLUSHDB.
      for (const key of (message as Buffer[] | null) ?? [null])
        events.changed(key === null ? null : key.toString().slice(keyPrefix.length))
    })
    for (const connection of [this.#reading, this.#listening]) {
      // Each command rejects with its own error.
      connection.on('error', () => undefined)
      connection.on('close', () => this.#lost(connection))
    }
  }

  /** Connects, and turns tracking on. Throws what Redis or its connection throws. */
  async start(): Promise<void> {
    await within(Promise.all([this.#reading.connect(), this.#listening.connect()]))
    await this.#turnOn()
    for (const connection of [this.#reading, this.#listening]) connection.on('ready', () => this.#turnOnAgain())
    this.#pings = setInterval(() => this.#ping(), PING_MS).unref()
  }

  /** Reads a record whose changes will be told. When that fails, `otherwise` reads it, and its changes may not be told. */
  read(key: string, otherwise: () => Promise<Buffer | null>): Promise<Buffer | null> {
    return this.#tracked(() => this.#read(key), otherwise)
  }

  /** The same for a script that only reads: the changes of all keys that it looks at will be told. */
  runScript(...[script, keys, args, otherwise]: [...Parameters<RunScript>, () => Promise<unknown>]): Promise<unknown> {
    return this.#tracked(() => within(runScript(this.#reading, script, keys, args)), otherwise)
  }

  async #tracked<T>(work: () => Promise<T>, otherwise: () => Promise<T>): Promise<T> {
    if (!this.#on) return otherwise()
    try {
      return await work()
    } catch (error) {
      // No cause: the time limit of a command is over already.
      if ((error as Error).cause === undefined) throw error
      return otherwise()
    }
  }

  close(): void {
    clearInterval(this.#pings)
    this.#on = false
    this.#reading.disconnect()
    this.#listening.disconnect()
  }

  #turnOnAgain(): void {
    this.#turning = this.#turning.then(() => this.#turnOn()).catch(() => this.#reconnect())
  }

  async #turnOn(): Promise<void> {
    if (this.#reading.status !== 'ready' || this.#listening.status !== 'ready') return
    const losses = this.#losses
    if (this.#listenerId === null) {
      const id = await within(this.#listening.client('ID')) // a connection that is subscribed cannot ask
      await within(this.#listening.subscribe(CHANNEL))
      this.#listenerId = id
    }
    await within(this.#reading.client('TRACKING', 'ON', 'REDIRECT', this.#listenerId))
    if (this.#on || this.#losses !== losses) return
    this.#on = true
    this.#events.on()
  }

  #lost(connection: Redis): void {
    this.#losses++
    if (connection === this.#listening) this.#listenerId = null
    this.#turnOff()
  }

  #turnOff(): void {
    if (!this.#on) return
    this.#on = false
    this.#events.off()
  }

  #ping(): void {
    if (!this.#on) return
    const answers = [this.#reading, this.#listening].map((connection) => within(connection.ping()))
    Promise.all(answers).catch(() => this.#reconnect())
  }

  /** A connection without an answer may be gone without a notice. */
  #reconnect(): void {
    this.#turnOff()
    this.#reading.disconnect(true)
    this.#listening.disconnect(true)
  }
}
