/** Records that are kept in this process, each by its key. */
export interface RecordCache {
  /** What `load` makes of a record, or made of it before. `load` reads by the reader that belongs to this cache. */
  get<T>(key: string, load: () => Promise<T>): Promise<T>
  /** Forgets a record, because this process has written it. A load that is under way is not kept either. */
  drop(key: string): void
}

/** Keeps nothing. */
export const NO_CACHE: RecordCache = {
  get: (_key, load) => load(),
  drop: () => undefined
}

export interface CacheLimits {
  /** The most records that are kept. */
  maxEntries: number
  /** How long a record is kept at most, in milliseconds from the start of its load. */
  maxAgeMs: number
}

/** The defaults: two records for each of ten thousand users. */
export const CACHE_LIMITS: CacheLimits = { maxEntries: 20_000, maxAgeMs: 5_000 }

interface Entry {
  loaded: Promise<unknown>
  endsAt: number
}

/** Keeps records up to its limits, for as long as it is on. The caller that turns it on must drop each record that changes. */
export class LimitedCache implements RecordCache {
  /** In the order of their ends, since all live equally long. */
  readonly #entries = new Map<string, Entry>()
  readonly #limits: CacheLimits
  readonly #now: () => number
  #on = false

  /** `now`: milliseconds that never go back. */
  constructor(limits: CacheLimits, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
  }

  get size(): number {
    return this.#entries.size
  }

  get<T>(key: string, load: () => Promise<T>): Promise<T> {
    if (!this.#on) return load()
    const now = this.#now()
    const known = this.#entries.get(key)
    if (known !== undefined && known.endsAt > now) return known.loaded as Promise<T>
    return this.#keep(key, now, load())
  }

  drop(key: string): void {
    this.#entries.delete(key)
  }

  turnOn(): void {
    this.#on = true
  }

  /** Forgets all records. Until it is turned on again, each `get` loads. */
  turnOff(): void {
    this.#on = false
    this.clear()
  }

  clear(): void {
    this.#entries.clear()
  }

  #keep<T>(key: string, now: number, loaded: Promise<T>): Promise<T> {
    const { maxEntries, maxAgeMs } = this.#limits
    const entry = { loaded, endsAt: now + maxAgeMs }
    this.#entries.delete(key) // so that it becomes the last one
    this.#entries.set(key, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > maxEntries && oldest !== undefined) this.#entries.delete(oldest)
    loaded.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    })
    return loaded
  }
}
