import { belongsToDomain } from '../../core/provider/id-token-claims.js'
import { check } from '../options/check.js'
import { checkDomains } from '../options/sign-in-options.js'
import type { GoogleUser } from '../types/user.js'

/** Who may pass a guard, besides being signed in: users with one of these addresses, or of one of these domains. */
export interface AllowedUsers {
  /** In lower case. */
  emails: readonly string[]
  hostedDomains: readonly string[]
}

/** Whether a guard has a list of addresses. */
export function isListed({ allowed }: { allowed?: AllowedUsers | undefined }): boolean {
  return allowed !== undefined && allowed.emails.length > 0
}

const ofGuard = (option: string): string => `${option} of googleAuth.required()`

/** The checked options `emails` and `hostedDomain`; `undefined` when neither is given. Throws a `TypeError`. */
export function checkAllowed(options: { emails?: unknown; hostedDomain?: unknown }): AllowedUsers | undefined {
  // A variable of the environment that is not set must not open the route to everybody.
  for (const name of ['emails', 'hostedDomain'] as const) {
    const given = !(name in options) || options[name] !== undefined
    check(given, ofGuard(name), 'was given, and is undefined', 'Leave it out to let all users pass.')
  }
  if (options.emails === undefined && options.hostedDomain === undefined) return undefined
  return {
    emails: checkEmails(options.emails),
    hostedDomains: checkDomains(options.hostedDomain, ofGuard('hostedDomain'))
  }
}

function checkEmails(given: unknown): string[] {
  if (given === undefined) return []
  const valid = Array.isArray(given) && given.length > 0 && given.every(isAddress)
  check(valid, ofGuard('emails'), 'must be a list of e-mail addresses', "Pass for example ['ada@example.com'].")
  return (given as string[]).map((email) => email.toLowerCase())
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && /^[^\s@]+@[^\s@]+$/.test(value)
}

/** Whether the user meets one of the two. An address counts only when Google has verified it. */
export function isAllowed({ email, emailVerified, hostedDomain }: GoogleUser, allowed: AllowedUsers): boolean {
  if (emailVerified === true && email !== undefined && allowed.emails.includes(email.toLowerCase())) return true
  return allowed.hostedDomains.length > 0 && belongsToDomain(hostedDomain, allowed.hostedDomains)
}
