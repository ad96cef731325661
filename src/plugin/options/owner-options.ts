import type { GoogleAuthOptions } from '../types/options.js'
import { check } from './check.js'

/** Options that are about people who sign in with Google. With the option `owner`, nobody does. */
const ABOUT_SIGN_IN = ['onSignIn', 'onSignOut', 'session', 'signInLifetime', 'keepAtSignIn', 'oneTap'] as const

/** Checks what stands beside the option `owner`. Throws a `TypeError`. */
export function checkOwner(options: GoogleAuthOptions): void {
  if (options.owner === undefined) return
  for (const name of ABOUT_SIGN_IN) {
    check(
      options[name] === undefined,
      name,
      'has no effect beside the option owner, with which nobody signs in with Google',
      name === 'onSignIn' ? 'Use onConnect.' : 'Leave one of the two out.'
    )
  }
  check(
    options.storage === undefined || options.redis !== undefined,
    'storage',
    'needs the option redis beside the option owner: the list of the accounts of an owner is kept there',
    'Set redis.'
  )
}
