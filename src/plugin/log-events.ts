/** The stable names of what is logged. Each line that reports one of these has its name in the field `event`. */
export const EVENT = {
  /** A user signed in, or an account was connected (`kind`). */
  signIn: 'google-auth.sign-in',
  signInRefused: 'google-auth.sign-in-refused',
  bearerRefused: 'google-auth.bearer-refused',
  refresh: 'google-auth.refresh',
  grantLost: 'google-auth.grant-lost',
  revoke: 'google-auth.revoke',
  securityEvent: 'google-auth.security-event',
  securityEventRefused: 'google-auth.security-event-refused',
  redisLost: 'google-auth.redis-lost',
  redisBack: 'google-auth.redis-back'
} as const
