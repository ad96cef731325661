import type { Storage } from '../../core/storage/storage.js'
import type { RecordCache } from './cache.js'

/** `storage`, whose record is read by the cache. */
export function readByCache(storage: Storage, key: string, cache: RecordCache): Storage {
  return {
    get: () => cache.get(key, () => storage.get()),
    put: (token) => storage.put(token),
    delete: () => storage.delete(),
    update: (change, options) => storage.update(change, options)
  }
}

/** `storage`, whose writes are seen by the cache of this process at once. */
export function dropsFromCache(storage: Storage, key: string, cache: RecordCache): Storage {
  const dropping = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } finally {
      cache.drop(key)
    }
  }
  return {
    get: () => storage.get(),
    put: (token) => dropping(storage.put(token)),
    delete: () => dropping(storage.delete()),
    update: (change, options) => dropping(storage.update(change, options))
  }
}
