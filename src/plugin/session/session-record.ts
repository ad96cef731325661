import { packJson, unpackJson } from '../../core/token/packed-json.js'
import type { Sealer } from '../../core/lib/sealing.js'
import type { SignIn } from './session-state.js'

/** The data of the app in a session, as JSON keeps it. */
export type SessionData = Record<string, unknown>

/** For the log: the request itself goes on. */
export const NOT_SEALED_AGAIN =
  'A session could not be sealed again with the current secret. The next request tries again.'

/** A record begins with the length of its first part, in this many bytes. */
const LENGTH_BYTES = 4
const NOTHING = Buffer.alloc(0)

/**
 * Seals sessions for the store, and opens them. A record has two sealed parts: the sign-in, and the data of the app. A guard
 * opens only the first. Both are sealed to the OAuth client and to the id of the session, so a forged record, or one copied
 * from another session, does not open.
 */
export class SessionRecords {
  readonly #sealer: Sealer
  readonly #client: readonly string[]

  /** `client`: issuer and client id. */
  constructor(sealer: Sealer, client: readonly string[]) {
    this.#sealer = sealer
    this.#client = client
  }

  seal(id: string, signIn: SignIn | null, data: SessionData): Buffer {
    const first = signIn === null ? NOTHING : this.#sealer.sealBytes(textOf(id, signIn), ...this.#client, id, 'who')
    const empty = Object.keys(data).length === 0
    const second = empty ? NOTHING : this.#sealer.sealBytes(JSON.stringify(data), ...this.#client, id, 'data')
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt32BE(first.length)
    return Buffer.concat([length, first, second])
  }

  /** The sign-in; `null` when nobody is signed in. `current`: the first secret of the list sealed it. */
  signInOf(id: string, record: Buffer): { signIn: SignIn | null; current: boolean } {
    const opened = this.#sealer.openBytes(record.subarray(LENGTH_BYTES, dataAt(record)), ...this.#client, id, 'who')
    if (opened === null) return { signIn: null, current: true }
    const signIn = { id, ...(unpackJson(opened.plain.toString()) as Omit<SignIn, 'id'>) }
    // Several requests may have this user, when the store keeps it.
    for (const value of [signIn.user, signIn.user.scopes, signIn.user.amr, signIn.refused]) Object.freeze(value)
    return { signIn, current: opened.current }
  }

  /** The data of the app; empty when it does not open. */
  dataOf(id: string, record: Buffer): SessionData {
    const opened = this.#sealer.openBytes(record.subarray(dataAt(record)), ...this.#client, id, 'data')
    return opened === null ? {} : (JSON.parse(opened.plain.toString()) as SessionData)
  }
}

/** Most sign-ins have the id of their session: then it is left out. */
function textOf(sessionId: string, { id, ...signIn }: SignIn): string {
  return packJson(id === sessionId ? signIn : { id, ...signIn })
}

function dataAt(record: Buffer): number {
  return record.length < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + record.readUInt32BE()
}
