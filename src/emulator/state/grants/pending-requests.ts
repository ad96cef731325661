import type { Challenge } from './codes.js'
import type { EmulatorClient } from '../registry/clients.js'
import { newId } from '../secrets.js'
import type { EmulatorUser } from '../registry/users.js'

/** An authorization request that has passed all checks. */
export interface AuthorizationRequest {
  client: EmulatorClient
  redirectUri: string
  scopes: readonly string[]
  state: string | null
  nonce: string | null
  challenge: Challenge | null
  prompt: ReadonlySet<string>
  offline: boolean
  includeGranted: boolean
  loginHint: string | null
  hostedDomain: string | null
}

/** An authorization request whose page is open in a browser. */
export interface PendingRequest {
  id: string
  request: AuthorizationRequest
  user: EmulatorUser | null
}

/** Beyond this number of open pages, the oldest is forgotten. */
const LIMIT = 1000

/** The requests whose pages are open in browsers. */
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
