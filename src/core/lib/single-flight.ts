/** How a caller waits for work that is already running. */
export interface FlightOptions<T> {
  /** `false`: do not wait for work that another caller has begun. */
  wait?: boolean
  /** Accepts a result: a waiter takes that of the running work when this holds for it. */
  until?: (result: T) => boolean
}

/**
 * One piece of work at a time. A caller that comes while work is running waits for it. It takes the result if `until`
 * accepts it, and it also gets a failure, which is not kept. Otherwise it runs its own work next.
 */
export class SingleFlight<T> {
  #running: Promise<T> | null = null

  /**
   * The result of `work`, or that of the running work; `undefined` at once when work is running and `wait` is
   * `false`.
   */
  async run(work: () => Promise<T>, { wait = true, until }: FlightOptions<T> = {}): Promise<T | undefined> {
    while (this.#running !== null) {
      if (!wait) return undefined
      if (until === undefined) {
        await this.#running.catch(() => null)
      } else {
        const shared = await this.#running
        if (until(shared)) return shared
      }
    }
    const running = work().finally(() => {
      this.#running = null
    })
    this.#running = running
    return running
  }
}

/** Single flights by name. Each is kept only while a caller runs in it or waits for it. */
export class SingleFlights<T> {
  readonly #flights = new Map<string, { flight: SingleFlight<T>; users: number }>()

  get size(): number {
    return this.#flights.size
  }

  /** As `SingleFlight.run`, among the callers that use the same name. */
  async run(name: string, work: () => Promise<T>, options: FlightOptions<T> = {}): Promise<T | undefined> {
    let entry = this.#flights.get(name)
    if (entry === undefined) {
      entry = { flight: new SingleFlight<T>(), users: 0 }
      this.#flights.set(name, entry)
    }
    entry.users++
    try {
      return await entry.flight.run(work, options)
    } finally {
      if (--entry.users === 0) this.#flights.delete(name)
    }
  }
}
