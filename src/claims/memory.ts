import type { Claims } from './claims.js'

/** More than one process sees while a claim lasts. Beyond it, the oldest claim is forgotten. */
const MOST_CLAIMS = 10_000

/** Claims in the memory of this process. Other processes do not see them. */
export function memoryClaims(now: () => number = Date.now): Claims {
  const entries = new Map<string, { outcome: Buffer | 'open'; endsAt: number }>()
  const live = (name: string): Buffer | 'open' | null => {
    const entry = entries.get(name)
    return entry !== undefined && entry.endsAt > now() ? entry.outcome : null
  }
  const put = (name: string, outcome: Buffer | 'open', ttlMs: number): void => {
    entries.delete(name)
    entries.set(name, { outcome, endsAt: now() + ttlMs })
    for (const oldest of entries.keys()) {
      if (entries.size <= MOST_CLAIMS) break
      entries.delete(oldest)
    }
  }
  return {
    async claim(name, ttlMs) {
      if (live(name) !== null) return false
      put(name, 'open', ttlMs)
      return true
    },
    async release(name) {
      entries.delete(name)
    },
    async settle(name, outcome, ttlMs) {
      put(name, outcome, ttlMs)
    },
    async outcome(name) {
      return live(name)
    }
  }
}
