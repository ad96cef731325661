import type { FastifyBaseLogger } from 'fastify'

/** Warns when Google would send no events, because it does so only for users who share their address or profile. */
export function warnOfScopes(scopes: readonly string[], log: FastifyBaseLogger): void {
  if (scopes.includes('email') || scopes.includes('profile')) return
  log.warn(
    { code: 'GOOGLE_AUTH_WARN_RISC_SCOPES' },
    "Google sends security events only for users who granted email or profile. Add 'email' to the option scopes, or leave out the option risc."
  )
}
