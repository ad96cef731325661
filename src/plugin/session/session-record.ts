import type { Sealer } from '../../core/lib/sealing.js'
import type { SignIn } from './session-state.js'

/** What the app keeps in a session: data that survives JSON. */
export type SessionData = Record<string, unknown>

/** The first bytes of a record: the length of the first part. */
const LENGTH_BYTES = 4
const NOTHING = Buffer.alloc(0)

/**
 * Sessions as they lie in the store: two sealed parts in one value, who is signed in and what the app keeps. A guard opens
 * the first alone. Both are sealed to the client and to the id of the session, so that a record which was made up, or put
 * in the place of another one, says nothing.
 */
export class SessionRecords {
  readonly #sealer: Sealer
  readonly #client: readonly string[]

  /** `client` names the OAuth client: issuer and client id. */
  constructor(sealer: Sealer, client: readonly string[]) {
    this.#sealer = sealer
    this.#client = client
  }

  seal(id: string, signIn: SignIn | null, data: SessionData): Buffer {
    const first = signIn === null ? NOTHING : this.#sealer.sealBytes(JSON.stringify(signIn), ...this.#client, id, 'who')
    const empty = Object.keys(data).length === 0
    const second = empty ? NOTHING : this.#sealer.sealBytes(JSON.stringify(data), ...this.#client, id, 'data')
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt32BE(first.length)
    return Buffer.concat([length, first, second])
  }

  /** Who is signed in, `null` for nobody. `current`: the first secret of the list has sealed it. */
  signInOf(id: string, record: Buffer): { signIn: SignIn | null; current: boolean } {
    const opened = this.#sealer.openBytes(record.subarray(LENGTH_BYTES, dataAt(record)), ...this.#client, id, 'who')
    return { signIn: opened && (JSON.parse(opened.plain.toString()) as SignIn), current: opened?.current ?? true }
  }

  /** What the app keeps; empty where nothing opens. */
  dataOf(id: string, record: Buffer): SessionData {
    const opened = this.#sealer.openBytes(record.subarray(dataAt(record)), ...this.#client, id, 'data')
    return opened === null ? {} : (JSON.parse(opened.plain.toString()) as SessionData)
  }
}

function dataAt(record: Buffer): number {
  return record.length < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + record.readUInt32BE()
}
