import type { EmulatorClient } from './clients.js'
import { newId } from './secrets.js'
import type { EmulatorUser } from './users.js'

/** An authorization request that has passed every check. */
export interface AuthorizationRequest {
  client: EmulatorClient
  redirectUri: string
  scopes: readonly string[]
  state: string
  nonce: string | null
  challenge: string
  prompt: ReadonlySet<string>
  offline: boolean
  includeGranted: boolean
  loginHint: string | null
  hostedDomain: string | null
}

/** An authorization request whose user is still looking at a page. */
export interface PendingRequest {
  id: string
  request: AuthorizationRequest
  user: EmulatorUser | null
}

/** Pages left open beyond this many are forgotten, the oldest first. */
const LIMIT = 1000

/** The requests behind the pages that are open in browsers. */
export class PendingRequests {
  readonly #pending = new Map<string, PendingRequest>()

  open(request: AuthorizationRequest): PendingRequest {
    const pending: PendingRequest = { id: newId(), request, user: null }
    this.#pending.set(pending.id, pending)
    for (const oldest of [...this.#pending.keys()].slice(0, -LIMIT)) this.#pending.delete(oldest)
    return pending
  }

  find(id: string | null): PendingRequest | null {
    return (id && this.#pending.get(id)) || null
  }

  close(pending: PendingRequest): void {
    this.#pending.delete(pending.id)
  }
}
