import { isScopeToken, mergeScopes, scopeList } from '../../core/token/scopes.js'
import { check, isText } from './check.js'

const MIN_SECRET_LENGTH = 32

const DEFAULT_SCOPES = ['openid', 'email', 'profile']

export function checkSecrets(given: unknown): [string, ...string[]] {
  const list: unknown[] = Array.isArray(given) ? given : [given]
  const wrong = list.findIndex((secret) => typeof secret !== 'string' || secret.length < MIN_SECRET_LENGTH)
  check(
    list.length > 0 && wrong < 0,
    'secret',
    `must be a string of ${MIN_SECRET_LENGTH} or more characters, or a list of them; ${whatIsWrong(list, wrong)}`,
    'Set the variable that it comes from. Make one with: openssl rand -base64 48'
  )
  return [...list] as [string, ...string[]]
}

/** What is wrong with a secret, without a character of it. */
function whatIsWrong(list: readonly unknown[], wrong: number): string {
  const secret = list[wrong]
  const which = list.length > 1 ? `the one at place ${wrong + 1}` : 'it'
  if (list.length === 0) return 'the list is empty'
  if (typeof secret !== 'string') return `${which} is ${secret === undefined ? 'not set' : `a ${typeof secret}`}`
  return secret === '' ? `${which} is empty` : `${which} has ${secret.length}`
}

export function checkScopes(given: unknown): string[] {
  const shaped =
    given === undefined ||
    typeof given === 'string' ||
    (Array.isArray(given) && given.every((scope) => typeof scope === 'string'))
  check(shaped, 'scopes', 'must be a list of scopes', "Pass for example ['openid', 'email', 'profile'].")
  const scopes = scopeList(given ?? DEFAULT_SCOPES)
  check(!scopes.some((scope) => scope.includes(',')), 'scopes', 'holds a comma', 'Put a space between two scopes.')
  check(
    scopes.every(isScopeToken),
    'scopes',
    'must hold scopes as Google writes them',
    'Look them up at https://developers.google.com/identity/protocols/oauth2/scopes'
  )
  return mergeScopes(['openid'], scopes)
}

export function checkAccessType(given: unknown = 'offline'): 'offline' | 'online' {
  check(
    given === 'offline' || given === 'online',
    'accessType',
    "must be 'offline' or 'online'",
    "Leave it out for 'offline'."
  )
  return given
}

export function checkDomains(given: unknown, option = 'hostedDomain'): string[] {
  const domains: unknown[] = given === undefined ? [] : [given].flat()
  const valid = domains.every(
    (domain) => typeof domain === 'string' && (domain === '*' || /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain))
  )
  check(
    valid && (given === undefined || domains.length > 0),
    option,
    "must be a Google Workspace domain, a list of them, or '*' for any",
    "Pass for example 'example.com'."
  )
  return (domains as string[]).map((domain) => domain.toLowerCase())
}

export function checkKeys(given: unknown = []): string[] {
  const reserved = ['googleAuth', 'cookie']
  const valid = Array.isArray(given) && given.every((key) => isText(key) && !reserved.includes(key))
  check(valid, 'keepAtSignIn', 'must be a list of keys of the session', "Pass for example ['cart'].")
  return [...(given as string[])]
}
