import fc from 'fast-check'
import t from 'tap'
import { isScopeToken, mergeScopes, missingFrom, scopeList } from '../../../src/core/token/scopes.js'

const LONG_EMAIL = 'https://www.googleapis.com/auth/userinfo.email'
const LONG_PROFILE = 'https://www.googleapis.com/auth/userinfo.profile'

t.test('a set, in order of first appearance, in short names', async (t) => {
  t.strictSame(scopeList('openid  email\topenid\n'), ['openid', 'email'])
  t.strictSame(scopeList(['openid email', LONG_EMAIL, '', ' ']), ['openid', 'email'])
  t.strictSame(scopeList(`${LONG_PROFILE} profile`), ['profile'])
  for (const none of ['', '  ', [], null, undefined]) t.strictSame(scopeList(none), [])
  t.strictSame(scopeList('__proto__ constructor toString'), ['__proto__', 'constructor', 'toString'])
})

t.test('what is missing: neither order, nor case of alias, nor more than asked matters', async (t) => {
  t.strictSame(missingFrom([LONG_EMAIL, 'x', 'openid'], 'openid email'), [])
  t.strictSame(missingFrom(['openid'], [LONG_EMAIL, LONG_PROFILE]), ['email', 'profile'])
  t.strictSame(missingFrom([], ''), [])
  t.strictSame(missingFrom(['Email'], 'email'), ['email'], 'scopes are case-sensitive')
  t.strictSame(
    missingFrom(['https://www.googleapis.com/auth/calendar'], 'https://www.googleapis.com/auth/calendar.events'),
    ['https://www.googleapis.com/auth/calendar.events']
  )
})

t.test('merging loses nothing and repeats nothing', async () => {
  const list = fc.array(fc.constantFrom('a', 'b', 'c', 'email', LONG_EMAIL, 'openid'))
  fc.assert(
    fc.property(list, list, (first, second) => {
      const both = mergeScopes(first, second)
      return (
        missingFrom(both, first).length +
          missingFrom(both, second).length +
          missingFrom([...first, ...second], both).length ===
          0 && new Set(both).size === both.length
      )
    })
  )
})

t.test('what can be one scope on the wire', async (t) => {
  for (const good of ['openid', LONG_EMAIL, '!', '~', '#[]']) t.ok(isScopeToken(good), good)
  for (const bad of ['', 'a b', 'a"b', 'a\\b', 'ä', 'a\n', '\u007f']) t.notOk(isScopeToken(bad), bad)
})
