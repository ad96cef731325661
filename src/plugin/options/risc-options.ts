import type { GoogleAuthOptions } from '../types/options.js'
import { check, isObject, isText } from './check.js'

/** What the receiver of security events is set to. */
export interface RiscSettings {
  /** The clients that an event can be for: the app's own, and others of the same Cloud project. */
  audiences: string[]
}

/** `null` where the option `risc` is off. Throws a `TypeError`. */
export function checkRisc({ risc: given }: GoogleAuthOptions, clientId: string): RiscSettings | null {
  if (given === undefined || (given as unknown) === false) return null
  const options: unknown = given === true ? { audiences: [] } : given
  const audiences =
    isObject(options) && Object.keys(options).every((name) => name === 'audiences') ? options['audiences'] : null
  check(
    Array.isArray(audiences) && audiences.every(isText),
    'risc',
    'must be true, or an object with audiences, a list of client ids',
    'Pass true, or the ids of the other clients of the same Cloud project.'
  )
  return { audiences: [clientId, ...audiences] }
}
