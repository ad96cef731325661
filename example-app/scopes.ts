/** Allows the app to see a user's events and to add new ones. */
export const CALENDAR_EVENTS = 'https://www.googleapis.com/auth/calendar.events'

const WORDS: Readonly<Record<string, string>> = {
  openid: 'Know who you are at Google',
  email: 'See your email address',
  profile: 'See your name and picture',
  [CALENDAR_EVENTS]: 'See and change events on your calendars'
}

/** What a scope allows, in words for users. */
export function scopeInWords(scope: string): string {
  return WORDS[scope] ?? scope
}

const CAUSES: Readonly<Record<string, string>> = {
  invalid_rapt: 'Your organisation asks you to sign in to Google again.',
  admin_policy_enforced: 'Your organisation does not allow this app.',
  time_based_access_ended: 'The time for which you gave access is over.',
  time_based_access_ends: 'The time for which you gave access is over soon.',
  testing_mode: 'This app is in testing at Google, where access lasts seven days.',
  unused_six_months: 'It was not used for six months.'
}

/** Why access was lost, or will soon be, in words for users. `cause` is the `likelyCause` of an account. */
export function lossInWords(cause: string | undefined): string {
  return (cause === undefined ? undefined : CAUSES[cause]) ?? 'Google has ended the access of this app.'
}
