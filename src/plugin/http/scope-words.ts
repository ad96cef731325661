const GOOGLE_SCOPE = 'https://www.googleapis.com/auth/'

/** Words for the scopes that apps ask for most. The key is the scope, without `GOOGLE_SCOPE` at its start. */
const SCOPE_WORDS: Readonly<Record<string, string>> = {
  openid: 'Know who you are at Google',
  email: 'See your email address',
  'userinfo.email': 'See your email address',
  profile: 'See your name and picture',
  'userinfo.profile': 'See your name and picture',
  calendar: 'See and change your calendars, and who can see them',
  'calendar.readonly': 'See your calendars',
  'calendar.events': 'See and change events on your calendars',
  'calendar.events.readonly': 'See events on your calendars',
  'contacts.readonly': 'See your contacts',
  contacts: 'See and change your contacts',
  documents: 'See and change your documents',
  'documents.readonly': 'See your documents',
  drive: 'See, change and delete all your files in Drive',
  'drive.file': 'See and change the files in Drive that you use with this app',
  'drive.readonly': 'See your files in Drive',
  'gmail.modify': 'Read, write and send your email',
  'gmail.readonly': 'Read your email',
  'gmail.send': 'Send email in your name',
  spreadsheets: 'See and change your spreadsheets',
  'spreadsheets.readonly': 'See your spreadsheets',
  tasks: 'See and change your tasks',
  'tasks.readonly': 'See your tasks'
}

/** The scope in words that a user understands; `null` for one without words here. */
export function wordsFor(scope: string): string | null {
  const name = scope.startsWith(GOOGLE_SCOPE) ? scope.slice(GOOGLE_SCOPE.length) : scope
  return Object.hasOwn(SCOPE_WORDS, name) ? (SCOPE_WORDS[name] ?? null) : null
}
