import type { GoogleAccount } from 'fastify-google-auth'

const ENDED: Readonly<Record<string, string>> = {
  revoked: 'Perhaps you have removed Datebook in your Google Account.',
  testing_mode: 'Datebook is still being tested, and Google ends such access after seven days.',
  time_based_access_ended: 'The time for which you gave it is over.',
  unused_six_months: 'It was not used for six months.',
  admin_policy_enforced: 'The administrator of your organization does not allow it.',
  invalid_rapt: 'Your organization wants you to sign in again from time to time.',
  deleted_client: 'Google does not know Datebook any more. Please tell those who run it.',
  unreadable: 'What Datebook kept of it cannot be read any more.',
  missing: 'Datebook has kept nothing of it.'
}

/** Why Google's access to a lost account has ended, as far as can be guessed, in a sentence for users. */
export function endInWords({ likelyCause, reason }: GoogleAccount): string {
  return ENDED[likelyCause ?? ''] ?? ENDED[reason ?? ''] ?? 'Google does not say why.'
}

/** Why the access to an active account ends soon, in a sentence for users; `null` when no end is near. */
export function nearEndInWords({ state, likelyCause }: GoogleAccount): string | null {
  if (state === 'lost' || likelyCause === undefined) return null
  if (likelyCause === 'testing_mode') return 'While Datebook is being tested, Google ends access after seven days.'
  return 'You gave it for a limited time.'
}
