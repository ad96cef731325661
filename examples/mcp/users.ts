import { createHash, randomBytes, randomUUID } from 'node:crypto'

/** A user of this app. */
export interface User {
  /** Random, so that a link may name the user without telling who it is. */
  id: string
  name: string
}

/** The app's own users, their sessions and their tokens, in memory. Signing in takes a name and no password: it is an example. */
export class Users {
  readonly #byName = new Map<string, User>()
  readonly #bySession = new Map<string, User>()
  readonly #byToken = new Map<string, User>()

  /** The secret of a new session of the user with this name, who is made when there is none. */
  signIn(name: string): string {
    const user = this.#byName.get(name) ?? { id: randomUUID(), name }
    this.#byName.set(name, user)
    return issue(this.#bySession, user)
  }

  signOut(session: string | undefined): void {
    this.#bySession.delete(hashOf(session))
  }

  /** A new token for the MCP client of a user. The one before ends. */
  newToken(user: User): string {
    for (const [hash, holder] of this.#byToken) if (holder === user) this.#byToken.delete(hash)
    return issue(this.#byToken, user)
  }

  ofSession(session: string | undefined): User | null {
    return this.#bySession.get(hashOf(session)) ?? null
  }

  ofToken(token: string | undefined): User | null {
    return this.#byToken.get(hashOf(token)) ?? null
  }
}

/** A secret that stands for a user. Only its hash is kept, so a copy of what is kept lets nobody in. */
function issue(holders: Map<string, User>, user: User): string {
  const secret = randomBytes(32).toString('base64url')
  holders.set(hashOf(secret), user)
  return secret
}

function hashOf(secret = ''): string {
  return createHash('sha256').update(secret).digest('base64url')
}
