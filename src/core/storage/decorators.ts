import type { Change, Storage } from './storage.js'
import type { Token } from '../token/token.js'

/**
 * `storage`, with `initialToken` as its content until one that is no older is found there, or one is written, or `delete` is
 * called.
 */
export function withInitialToken(initialToken: Token, storage: Storage): Storage {
  let initial: Token | null = initialToken
  const orInitial = (token: Token | null): Token | null => {
    if (token !== null && initial !== null && knownSince(token) >= knownSince(initial)) initial = null
    return initial ?? token
  }
  return {
    get: async () => orInitial(await storage.get()),
    put: async (token) => {
      await storage.put(token)
      initial = null
    },
    delete: () => {
      initial = null
      return storage.delete()
    },
    update: async (change, { until, ...options } = {}) => {
      const untilInitial = until === undefined ? {} : { until: (token: Token | null) => until(orInitial(token)) }
      return orInitial(await storage.update((current) => change(orInitial(current)), { ...options, ...untilInitial }))
    }
  }
}

/** When this state of a grant began, in milliseconds since the epoch; 0 where that is not known, as in files of oauth2client. */
function knownSince({ grantedAt = 0, refreshedAt = 0, lost }: Token): number {
  return Math.max(grantedAt, refreshedAt, lost?.at ?? 0)
}

/** `storage`, where `token` stands in whenever nothing is stored. */
export function orElse(storage: Storage, token: Token): Storage {
  return {
    get: async () => (await storage.get()) ?? token,
    put: (next) => storage.put(next),
    delete: () => storage.delete(),
    update: async (change, { until, ...options } = {}) => {
      const untilToken = until === undefined ? {} : { until: (stored: Token | null) => until(stored ?? token) }
      return (await storage.update((current) => change(current ?? token), { ...options, ...untilToken })) ?? token
    }
  }
}

/** `storage`, with every token that is read or written shown to `observe`. */
export function observed(storage: Storage, observe: (token: Token) => void): Storage {
  const shown = <T extends Token | null>(token: T): T => {
    if (token !== null) observe(token)
    return token
  }
  return {
    get: async () => shown(await storage.get()),
    put: (token) => storage.put(shown(token)),
    delete: () => storage.delete(),
    update: async (change, options) => shown(await storage.update(change, options))
  }
}

/** The storage that `resolve` gives, asked for at each use. */
export function deferred(resolve: () => Promise<Storage>): Storage {
  return {
    get: async () => (await resolve()).get(),
    put: async (token) => (await resolve()).put(token),
    delete: async () => (await resolve()).delete(),
    update: async (change, options) => (await resolve()).update(change, options)
  }
}

/** `storage`, whose reads throw `missing()` when nothing is stored. */
export function required(storage: Storage, missing: () => Error): Storage {
  const present = (token: Token | null): Token => {
    if (token === null) throw missing()
    return token
  }
  return {
    get: async () => present(await storage.get()),
    put: (token) => storage.put(token),
    delete: () => storage.delete(),
    update: async (change, options) => present(await storage.update(change, options))
  }
}

/** `storage`, with no ID token written to it: once verified it is not needed any more, and it says who the user is. */
export function withoutIdTokens(storage: Storage): Storage {
  return {
    get: () => storage.get(),
    put: async (token) => storage.put(withoutIdToken(token)),
    delete: () => storage.delete(),
    update: (change, options) => storage.update(changeWithoutIdToken(change), options)
  }
}

/** `change`, with no ID token in what is to be stored. */
export function changeWithoutIdToken(change: Change): Change {
  return async (current) => {
    const next = await change(current)
    return next === current || next === null ? next : withoutIdToken(next)
  }
}

function withoutIdToken(token: Token): Token {
  // Whatever else is stored would make each listing of the grants fail.
  if (typeof (token as Token | null | undefined)?.toRecord !== 'function')
    throw new TypeError("A storage takes a Token. Make one with Token.from({ accessToken: '', refreshToken, scopes }).")
  return token.idToken === undefined ? token : token.with({ idToken: undefined })
}
