import { SweptMap } from '../core/lib/swept-map.js'
import type { Claims } from './claims.js'

/** What is kept under a name: an open claim, its outcome, what was stored in its place, or a note that nothing can be stored. */
export type MemoryEntry = { endsAt: number } & ({ is: 'open' | 'ended' } | { is: 'outcome' | 'stored'; bytes: Buffer })

/** A map of such entries. `now`: milliseconds since the epoch. */
export function memoryEntries(now: () => number): SweptMap<MemoryEntry> {
  return new SweptMap(now, ({ endsAt }) => endsAt)
}

/** Claims in the memory of this process. Other processes do not see them. */
export function memoryClaims(now = Date.now, entries = memoryEntries(now), keyOf = (name: string) => name): Claims {
  return {
    async claim(name, ttlMs) {
      if (entries.live(keyOf(name)) !== undefined) return false
      entries.set(keyOf(name), { is: 'open', endsAt: now() + ttlMs })
      return true
    },
    async release(name) {
      entries.set(keyOf(name), { is: 'ended', endsAt: now() })
    },
    async settle(name, bytes, ttlMs) {
      entries.set(keyOf(name), { is: 'outcome', bytes, endsAt: now() + ttlMs })
    },
    async outcome(name) {
      const entry = entries.live(keyOf(name))
      if (entry === undefined || entry.is === 'ended') return null
      return entry.is === 'outcome' ? entry.bytes : entry.is
    }
  }
}
