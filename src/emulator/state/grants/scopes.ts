const PREFIX = 'https://www.googleapis.com/auth/'

/** Scopes that only sign in: the consent page lists them without a box. */
const SIGN_IN_SCOPES: ReadonlySet<string> = new Set(['openid', `${PREFIX}userinfo.email`, `${PREFIX}userinfo.profile`])

const LONG_FORMS: Readonly<Record<string, string>> = {
  email: `${PREFIX}userinfo.email`,
  profile: `${PREFIX}userinfo.profile`
}

/** The scopes that the emulator knows, in their long forms, each with its text for the consent page. */
export const KNOWN_SCOPES: Readonly<Record<string, string>> = {
  openid: 'Associate you with your personal info on Google',
  [`${PREFIX}userinfo.email`]: 'See your primary Google Account email address',
  [`${PREFIX}userinfo.profile`]: "See your personal info, including any personal info you've made publicly available",
  [`${PREFIX}calendar`]:
    'See, edit, share, and permanently delete all the calendars you can access using Google Calendar',
  [`${PREFIX}calendar.readonly`]: 'See and download any calendar you can access using your Google Calendar',
  [`${PREFIX}calendar.events`]: 'View and edit events on all your calendars',
  [`${PREFIX}calendar.events.readonly`]: 'View events on all your calendars',
  [`${PREFIX}calendar.freebusy`]: 'View your availability in your calendars',
  [`${PREFIX}calendar.calendarlist`]: 'See, add, and remove Google calendars you’re subscribed to',
  [`${PREFIX}calendar.calendarlist.readonly`]: 'See the list of Google calendars you’re subscribed to',
  [`${PREFIX}drive.readonly`]: 'See and download all your Google Drive files',
  [`${PREFIX}drive.file`]: 'See, edit, create, and delete only the specific Google Drive files you use with this app',
  [`${PREFIX}gmail.readonly`]: 'View your email messages and settings',
  [`${PREFIX}tasks`]: 'Create, edit, organize, and delete all your tasks',
  [`${PREFIX}tasks.readonly`]: 'View your tasks'
}

/** The scope as Google names it in answers: `email` becomes `…/auth/userinfo.email`. */
function canonicalScope(scope: string): string {
  return LONG_FORMS[scope] ?? scope
}

/** Whether the scope only signs the user in. */
export function isSignInScope(scope: string): boolean {
  return SIGN_IN_SCOPES.has(canonicalScope(scope))
}

/** The scopes of a `scope` parameter in their long forms, each once. */
export function splitScopes(parameter: string): string[] {
  return [...new Set(parameter.split(' ').filter(Boolean).map(canonicalScope))]
}

/**
 * The `scope` of an answer. It is sorted, so its order differs from the request: Google keeps no order either, and an app that
 * compares the texts must fail in its tests.
 */
export function joinScopes(scopes: Iterable<string>): string {
  return [...scopes].sort().join(' ')
}
