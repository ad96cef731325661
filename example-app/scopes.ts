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
