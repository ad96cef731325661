/** The option `onSignIn` of an app that refuses strangers at sign-in. */
import type { GoogleAuthOptions, GoogleUser } from 'fastify-google-auth'
import { COMPANY, GUESTS } from './company-and-guests.js'

/** The same rule as that of the guard. Only an address that Google has verified counts. */
function isInvited({ email = '', emailVerified, hostedDomain }: GoogleUser): boolean {
  return hostedDomain === COMPANY || (emailVerified === true && GUESTS.includes(email.toLowerCase()))
}

export const invitedOnly: NonNullable<GoogleAuthOptions['onSignIn']> = async (_request, { user }) => {
  if (!isInvited(user)) throw Object.assign(new Error('Ask us for an invitation first.'), { statusCode: 403 })
}
