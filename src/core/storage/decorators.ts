import type { Storage } from './storage.js'
import type { Token } from '../token/token.js'

/** `storage`, for which `first` stands in until something was found or written there, or it was deleted. */
export function startingWith(first: Token, storage: Storage): Storage {
  let initial: Token | null = first
  const orFirst = (token: Token | null): Token | null => {
    if (token !== null) initial = null
    return token ?? initial
  }
  return {
    get: async () => orFirst(await storage.get()),
    put: (token) => storage.put(token),
    delete: () => {
      initial = null
      return storage.delete()
    },
    update: async (change, { until, ...options } = {}) => {
      const untilFirst = until === undefined ? {} : { until: (token: Token | null) => until(orFirst(token)) }
      return orFirst(await storage.update((current) => change(orFirst(current)), { ...options, ...untilFirst }))
    }
  }
}

/** `storage`, every token of which is shown to `see` as it goes by. */
export function watched(storage: Storage, see: (token: Token) => void): Storage {
  const seen = <T extends Token | null>(token: T): T => {
    if (token !== null) see(token)
    return token
  }
  return {
    get: async () => seen(await storage.get()),
    put: (token) => storage.put(seen(token)),
    delete: () => storage.delete(),
    update: async (change, options) => seen(await storage.update(change, options))
  }
}
