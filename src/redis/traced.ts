import { CHANNELS, type StorageFacts } from '../core/channels.js'
import { traced } from '../core/lib/traced.js'
import type { SessionStore } from '../sessions/sessions.js'
import type { RecordCache } from './reads/cache.js'
import type { Reader } from './reads/reader.js'
import type { CredentialSlot } from './slot.js'

const { storage: channel } = CHANNELS

// What each request runs has its traced way in a function of its own: closures there cost nothing where nobody watches.

/** `read`, for those who watch the storage. */
export function tracedReader(read: Reader): Reader {
  return (key) => (channel.hasSubscribers ? readTraced(read, key) : read(key))
}

function readTraced(read: Reader, key: string): ReturnType<Reader> {
  return command('read', () => read(key))
}

/** `cache`, for those who watch what it has and what it lacks. */
export function tracedCache(cache: RecordCache): RecordCache {
  return {
    get: (key, load) => (channel.hasSubscribers ? lookup(cache, key, load) : cache.get(key, load)),
    drop: (key) => cache.drop(key)
  }
}

/** `slot`, for those who watch the storage now. Reads are seen by the reader. */
export function tracedSlot(slot: CredentialSlot): CredentialSlot {
  if (!channel.hasSubscribers) return slot
  return {
    read: () => slot.read(),
    snapshot: () => command('read', () => slot.snapshot()),
    acquire: (lease, lifeMs) => command('lease', () => slot.acquire(lease, lifeMs)),
    write: (write) => command('write', () => slot.write(write)),
    release: (lease) => command('release', () => slot.release(lease))
  }
}

/** `sessions`, for those who watch the storage. Reads are seen by the reader. */
export function tracedSessions(sessions: SessionStore): SessionStore {
  const write = (work: () => Promise<void>): Promise<void> => (channel.hasSubscribers ? command('write', work) : work())
  return {
    ...sessions,
    set: (id, record, ttlMs) => write(() => sessions.set(id, record, ttlMs)),
    replace: (id, ...rest) => write(() => sessions.replace(id, ...rest)),
    destroy: (id) => write(() => sessions.destroy(id))
  }
}

function command<T>(operation: StorageFacts['operation'], work: () => Promise<T>): Promise<T> {
  return traced(channel, { operation }, work, learnDone)
}

function lookup<T>(cache: RecordCache, key: string, load: () => Promise<T>): Promise<T> {
  let cached = true
  const loadSeen = (): Promise<T> => {
    cached = false
    return load()
  }
  const facts: StorageFacts = { operation: 'lookup' }
  return traced(
    channel,
    facts,
    () => cache.get(key, loadSeen),
    () => Object.assign(facts, { outcome: 'done', cached })
  )
}

function learnDone(facts: StorageFacts): void {
  facts.outcome = 'done'
}
