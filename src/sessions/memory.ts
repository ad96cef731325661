import {
  FORBIDDEN_MS,
  INDEX_SLACK_MS,
  MAX_SIGN_INS_PER_USER,
  type SessionStore,
  type SessionStoreOptions,
  type SignInIndex,
  TOMBSTONE_MS
} from './sessions.js'
import { memoryClaims, memoryEntries, type MemoryEntry } from '../claims/memory.js'
import { SweptMap } from '../core/lib/swept-map.js'
import { placeOf } from './session-id.js'

/** The sign-ins of a user by id, each with its session and its end. */
type SignIns = Map<string, { sessionId: string; endsAt: number }>

/** Sessions in the memory of this process, for development and tests. They end with the process. */
export function memorySessions(options: SessionStoreOptions = {}): SessionStore {
  const { tombstoneMs = TOMBSTONE_MS, maxPerUser = MAX_SIGN_INS_PER_USER, now = Date.now } = options
  const entries = memoryEntries(now)
  const heldAt = (id: string): MemoryEntry | undefined => entries.live(placeOf(id))
  const recordAt = (id: string): Buffer | undefined => {
    const held = heldAt(id)
    return held?.is === 'stored' ? held.bytes : undefined
  }
  const put = (id: string, bytes: Buffer, ttlMs: number): void =>
    entries.set(placeOf(id), { is: 'stored', bytes, endsAt: now() + ttlMs })
  const putTombstone = (id: string, lifeMs: number): void =>
    entries.set(placeOf(id), { is: 'ended', endsAt: now() + lifeMs })
  return {
    async get(id, open) {
      const record = recordAt(id)
      return record === undefined ? null : open(record)
    },
    async set(id, record, ttlMs) {
      const { is = 'open' } = heldAt(id) ?? {}
      if (is === 'open' || is === 'stored') put(id, record, ttlMs)
    },
    async replace(id, before, record, ttlMs) {
      if (recordAt(id)?.equals(before)) put(id, record, ttlMs)
    },
    async destroy(id) {
      if (recordAt(id) !== undefined) putTombstone(id, tombstoneMs)
    },
    async forbid(id) {
      const isKnown = heldAt(id) !== undefined // a record, or a tombstone that must not end sooner
      putTombstone(id, isKnown ? tombstoneMs : Math.min(tombstoneMs, FORBIDDEN_MS))
    },
    claims: memoryClaims(now, entries, placeOf),
    signIns: memoryIndex(now, maxPerUser)
  }
}

function memoryIndex(now: () => number, maxPerUser: number): SignInIndex {
  const users = new SweptMap<SignIns>(now, (signIns) => {
    return Math.max(0, ...[...signIns.values()].map(({ endsAt }) => endsAt)) + INDEX_SLACK_MS
  })
  const isOver = (endsAt: number): boolean => endsAt + INDEX_SLACK_MS <= now()
  return {
    async add(userId, id, endsAt) {
      const signIns = users.live(userId) ?? (new Map() as SignIns)
      for (const [other, { endsAt: end }] of signIns) if (isOver(end)) signIns.delete(other)
      signIns.set(id, { sessionId: id, endsAt })
      const oldestFirst = [...signIns].sort(([, one], [, other]) => one.endsAt - other.endsAt)
      users.set(userId, signIns)
      const surplus = oldestFirst.slice(0, Math.max(0, signIns.size - maxPerUser))
      return surplus.map(([oldest, { sessionId }]) => ({ id: oldest, sessionId }))
    },
    async move(userId, id, from, to) {
      const signIn = users.live(userId)?.get(id)
      if (signIn?.sessionId === from) signIn.sessionId = to
      return signIn?.sessionId ?? null
    },
    async remove(userId, id, sessionId) {
      const signIns = users.live(userId)
      const holder = signIns?.get(id)?.sessionId ?? null
      if (holder !== sessionId) return holder
      signIns?.delete(id)
      return null
    },
    async list(userId) {
      const signIns = users.live(userId) ?? (new Map() as SignIns)
      return [...signIns].filter(([, { endsAt }]) => !isOver(endsAt)).map(([id, { sessionId }]) => ({ id, sessionId }))
    }
  }
}
