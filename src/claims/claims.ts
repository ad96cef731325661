/**
 * Names that one caller can claim: one in all processes that share a store. All methods throw a `StorageError` when the
 * store cannot be reached.
 */
export interface Claims {
  /** Whether this caller has claimed `name` for `ttlMs`; `false` when another claim still lasts. */
  claim(name: string, ttlMs: number): Promise<boolean>
  /** Gives a claim up, so that another caller can have it: the work was not done. */
  release(name: string): Promise<void>
  /** Stores the outcome of the work for callers that came too late. */
  settle(name: string, outcome: Buffer, ttlMs: number): Promise<void>
  /**
   * The outcome; `'open'` while the work still runs, `'stored'` when what the work made is stored under this name, `null` when
   * there is no claim that still lasts.
   */
  outcome(name: string): Promise<Buffer | 'open' | 'stored' | null>
}
