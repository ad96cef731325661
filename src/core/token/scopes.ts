/** Google's long names of the sign-in scopes, and the short names that mean the same. */
const SHORT_NAMES = new Map([
  ['https://www.googleapis.com/auth/userinfo.email', 'email'],
  ['https://www.googleapis.com/auth/userinfo.profile', 'profile'],
  ['https://www.googleapis.com/auth/plus.me', 'profile']
])

/** RFC 6749, section 3.3: printable ASCII without space, double quote and backslash. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * The scopes named by `value` (a list, or one string with spaces), each once, in their short names, in order of first
 * appearance. Scopes are sets: compare with `missingFrom`, never as text.
 * @param value A list of scopes, or one string with spaces.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3
 */
export function scopeList(value: string | readonly string[] | null | undefined): string[] {
  const found = new Set<string>()
  for (const text of typeof value === 'string' ? [value] : (value ?? []))
    for (const word of text.split(/\s+/)) if (word !== '') found.add(SHORT_NAMES.get(word) ?? word)
  return [...found]
}

/** Whether `text` can be one scope on the wire. */
export function isScopeToken(text: string): boolean {
  return SCOPE_TOKEN.test(text)
}

/**
 * The scopes of `wanted` that `granted` does not hold, by their short names. Empty when all are granted.
 * @param granted The scopes that are there.
 * @param wanted The scopes that are needed: a list, or one string with spaces.
 */
export function missingFrom(granted: readonly string[], wanted: string | readonly string[]): string[] {
  const have = new Set(scopeList(granted))
  return scopeList(wanted).filter((scope) => !have.has(scope))
}

/** All scopes of both lists, each once. */
export function mergeScopes(first: readonly string[], second: readonly string[]): string[] {
  return scopeList([...first, ...second])
}
