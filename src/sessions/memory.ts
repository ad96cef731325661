import {
  INDEX_SLACK_MS,
  MAX_SESSIONS_PER_USER,
  type SessionData,
  type Sessions,
  type SessionsOptions,
  TOMBSTONE_MS,
  UNSAVED_TOMBSTONE_MS
} from './sessions.js'

/** `text` is JSON, so that nobody shares objects with the store; a tombstone is ''. */
interface Entry {
  text: string
  expiresAt: number
}

/** Below this many entries, nothing is swept. */
const FIRST_SWEEP = 1_000

/** Sessions in the memory of this process: for development and tests, and gone with the process. */
export function memorySessions(options: SessionsOptions = {}): Sessions {
  const { tombstoneMs = TOMBSTONE_MS, maxPerUser = MAX_SESSIONS_PER_USER, now = Date.now } = options
  const entries = new SweptMap<Entry>(now, ({ expiresAt }) => expiresAt)
  const users = new SweptMap<Map<string, number>>(now, (ends) => Math.max(0, ...ends.values()) + INDEX_SLACK_MS)

  const destroy = async (id: string): Promise<void> => {
    const life = entries.live(id) === undefined ? Math.min(tombstoneMs, UNSAVED_TOMBSTONE_MS) : tombstoneMs
    entries.set(id, { text: '', expiresAt: now() + life })
  }

  return {
    async get(id) {
      const text = entries.live(id)?.text
      return text ? (JSON.parse(text) as SessionData) : null
    },

    async set(id, session, ttlMs) {
      if (entries.live(id)?.text === '') return
      entries.set(id, { text: JSON.stringify(session), expiresAt: now() + ttlMs })
    },

    destroy,

    index: {
      async add(userId, id, expiresAt) {
        const ends = users.live(userId) ?? new Map<string, number>()
        ends.set(id, expiresAt)
        for (const [other, end] of ends) if (end + INDEX_SLACK_MS <= now()) ends.delete(other)
        const byEnd = [...ends].sort((one, other) => one[1] - other[1])
        for (const [first] of byEnd.slice(0, Math.max(0, ends.size - maxPerUser))) {
          ends.delete(first)
          await destroy(first)
        }
        users.set(userId, ends)
      },
      async remove(userId, ...ids) {
        const ends = users.live(userId)
        for (const id of ids) ends?.delete(id)
      },
      async list(userId) {
        const ends = users.live(userId) ?? new Map<string, number>()
        return [...ends].filter(([, end]) => end + INDEX_SLACK_MS > now()).map(([id]) => id)
      }
    }
  }
}

/** A map whose entries end. Ended ones go when it has doubled since it was last swept, so it needs no timer. */
class SweptMap<Value> {
  readonly #values = new Map<string, Value>()
  readonly #now: () => number
  readonly #endOf: (value: Value) => number
  #sweepAt = FIRST_SWEEP

  constructor(now: () => number, endOf: (value: Value) => number) {
    this.#now = now
    this.#endOf = endOf
  }

  live(key: string): Value | undefined {
    const value = this.#values.get(key)
    return value !== undefined && this.#endOf(value) > this.#now() ? value : undefined
  }

  set(key: string, value: Value): void {
    this.#values.set(key, value)
    if (this.#values.size < this.#sweepAt) return
    for (const [other, held] of this.#values) if (this.#endOf(held) <= this.#now()) this.#values.delete(other)
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#values.size)
  }
}
