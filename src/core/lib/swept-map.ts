/** With fewer entries than this, none is looked for that has ended. */
const FIRST_SWEEP = 1_000

/** A map whose entries end. It removes ended ones each time its size has doubled, so it needs no timer. */
export class SweptMap<Value> {
  readonly #values = new Map<string, Value>()
  readonly #now: () => number
  readonly #endOf: (value: Value) => number
  #sweepAt = FIRST_SWEEP

  /** `endOf` gives the end of an entry: milliseconds, by the clock `now`. */
  constructor(now: () => number, endOf: (value: Value) => number) {
    this.#now = now
    this.#endOf = endOf
  }

  /** The entry, unless it has ended. */
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
