/**
 * What most stored records hold. A record names a phrase by its place in this list, so new ones go to the end, and 32 are the
 * most.
 */
const PHRASES = [
  '","',
  '"],"',
  '{"accessToken":"ya29.',
  '","scopes":["',
  '"],"refreshToken":"1//0',
  '","expiresAt":',
  ',"grantedAt":',
  ',"refreshedAt":',
  ',"connectedAt":',
  ',"refreshTokenExpiresAt":',
  ',"consentAskedAt":',
  '{"user":{"sub":"',
  '"],"signedInAt":',
  ',"email":"',
  '","name":"',
  '","givenName":"',
  '","familyName":"',
  '","picture":"',
  '","hostedDomain":"',
  '","emailVerified":true',
  '}}',
  'openid',
  'email',
  'profile',
  'openid","email","profile","',
  'https://www.googleapis.com/auth/',
  'https://lh3.googleusercontent.com/a/',
  '@gmail.com',
  ',"profile":{"email":"',
  ',"lost":{"reason":"invalid_grant","likelyCause":"'
] as const

const byPhrase = new Map<string, string>(PHRASES.map((phrase, at) => [phrase, String.fromCharCode(at)]))
const longestFirst = [...PHRASES].sort((one, other) => other.length - one.length)
const phrases = new RegExp(longestFirst.map((phrase) => phrase.replace(/[.[\]{}]/g, '\\$&')).join('|'), 'g')
const controls = new RegExp(`[\\x00-\\x${(PHRASES.length - 1).toString(16)}]`, 'g')

/**
 * The JSON of `value`, with each phrase as one control character. JSON holds none itself: it escapes them. A record takes a third
 * less memory in Redis.
 */
export function packed(value: unknown): string {
  return JSON.stringify(value).replace(phrases, (phrase) => byPhrase.get(phrase) ?? phrase)
}

/** The value that was packed. */
export function unpacked(text: string): unknown {
  return JSON.parse(text.replace(controls, (control) => PHRASES[control.charCodeAt(0)] ?? control))
}
