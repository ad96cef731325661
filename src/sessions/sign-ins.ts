import type { IndexedSignIn, SessionStore } from './sessions.js'

// At an end, a session goes before its entry in the index. At a sign-in both are stored together: if one of them fails, the session is
// forbidden, and nobody has its cookie. So no session that somebody can use is without an entry.

/** Enters a sign-in into the index of its user. Those that are too many now end. */
export async function enterSignIn(store: SessionStore, userId: string, id: string, endsAt: number): Promise<void> {
  const surplus = await store.signIns.add(userId, id, endsAt)
  await Promise.all(surplus.map((signIn) => endSignIn(store, userId, signIn)))
}

/** Moves a sign-in to the session `to`. The one that it leaves ends, and any other that holds it. `false`: the sign-in has ended. */
export async function moveSignIn(
  store: SessionStore,
  userId: string,
  { id, sessionId }: IndexedSignIn,
  to: string
): Promise<boolean> {
  const { signIns } = store
  // @fastify/session has ended it, and has perhaps lost the error of that.
  await store.destroy(sessionId)
  let holder: string | null = await signIns.move(userId, id, sessionId, to)
  while (holder !== null && holder !== to) {
    await store.forbid(holder)
    holder = await signIns.move(userId, id, holder, to)
  }
  return holder !== null
}

/** Ends a sign-in with its session, and with the session to which it may have moved meanwhile. */
async function endSignIn(store: SessionStore, userId: string, { id, sessionId }: IndexedSignIn): Promise<void> {
  await store.forbid(sessionId)
  await leaveIndex(store, userId, { id, sessionId })
}

/** Removes the entry of a sign-in whose session has ended. A session to which it has moved meanwhile ends first. */
export async function leaveIndex(store: SessionStore, userId: string, { id, sessionId }: IndexedSignIn): Promise<void> {
  const { signIns } = store
  let holder = await signIns.remove(userId, id, sessionId)
  while (holder !== null) {
    await store.forbid(holder)
    holder = await signIns.remove(userId, id, holder)
  }
}

/** Ends all sign-ins of a user. */
export async function endAllSignIns(store: SessionStore, userId: string): Promise<void> {
  const all = await store.signIns.list(userId)
  await Promise.all(all.map((signIn) => endSignIn(store, userId, signIn)))
}
