const PREFIX = 'https://www.googleapis.com/auth/'

/** Scopes that only sign in: listed on the consent page, never a box to untick. */
const SIGN_IN_SCOPES: ReadonlySet<string> = new Set(['openid', `${PREFIX}userinfo.email`, `${PREFIX}userinfo.profile`])

const LONG_FORMS: Readonly<Record<string, string>> = {
  email: `${PREFIX}userinfo.email`,
  profile: `${PREFIX}userinfo.profile`
}

/** Each scope the emulator knows, in its long form, with the line that the consent page shows for it. */
export const KNOWN_SCOPES: Readonly<Record<string, string>> = {
  openid: 'Associate you with your personal info on Google',
  [`${PREFIX}userinfo.email`]: 'See your primary Google Account email address',
  [`${PREFIX}userinfo.profile`]: "See your personal info, including any personal info you've made publicly available",
  [`${PREFIX}calendar`]:
    'See, edit, share, and permanently delete all the calendars you can access using Google Calendar',
  [`${PREFIX}calendar.readonly`]: 'See and download any calendar you can access using your Google Calendar',
  [`${PREFIX}calendar.events`]: 'View and edit events on all your calendars',
  [`${PREFIX}calendar.events.readonly`]: 'View events on all your calendars',
  [`${PREFIX}drive.readonly`]: 'See and download all your Google Drive files',
  [`${PREFIX}drive.file`]: 'See, edit, create, and delete only the specific Google Drive files you use with this app',
  [`${PREFIX}gmail.readonly`]: 'View your email messages and settings',
  [`${PREFIX}tasks`]: 'Create, edit, organize, and delete all your tasks',
  [`${PREFIX}tasks.readonly`]: 'View your tasks'
}

/** The form in which Google names the scope in its answers: `email` becomes `…/auth/userinfo.email`. */
export function canonicalScope(scope: string): string {
  return LONG_FORMS[scope] ?? scope
}

/** Whether the scope does no more than sign the user in. */
export function isSignInScope(scope: string): boolean {
  return SIGN_IN_SCOPES.has(canonicalScope(scope))
}

/** A scope parameter's entries in their long forms, each once. */
export function splitScopes(parameter: string): string[] {
  return [...new Set(parameter.split(' ').filter(Boolean).map(canonicalScope))]
}

/**
 * The `scope` of an answer. Sorted, which is never the order an app asks in: Google keeps no order either, and code that
 * compares the strings should fail here first.
 */
export function joinScopes(scopes: Iterable<string>): string {
  return [...scopes].sort().join(' ')
}
