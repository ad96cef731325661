/**
 * Names that are good for one taker, in the whole fleet where the fleet shares a store. All methods throw a `StorageError`
 * when the store cannot be reached.
 */
export interface Claims {
  /** Whether `name` is the caller's now: `false` when somebody else has claimed it within the last `ttlMs`. */
  claim(name: string, ttlMs: number): Promise<boolean>
  /** Leaves what came of it for those who claimed `name` too late. */
  settle(name: string, outcome: Buffer, ttlMs: number): Promise<void>
  /** What came of it; `'open'` while the claimer is at it, `null` when nobody has claimed the name lately. */
  outcome(name: string): Promise<Buffer | 'open' | null>
}
