import t from 'tap'
import { paramsOf, type Callback } from '../../../src/core/flow/callback-params.js'

const read = (callback: unknown): [string, string][] => [...paramsOf(callback as Callback)]

t.test('every form of a return', async (t) => {
  const wanted = [
    ['code', '4/0A+b&c'],
    ['state', 's']
  ]
  for (const callback of [
    'https://app.example/auth/return?code=4%2F0A%2Bb%26c&state=s',
    'https://app.example/auth/return?code=4%2F0A%2Bb%26c&state=s#_=_',
    'app.example.mobile:/return?code=4%2F0A%2Bb%26c&state=s',
    '/auth/return?code=4%2F0A%2Bb%26c&state=s#',
    '?code=4%2F0A%2Bb%26c&state=s',
    'code=4%2F0A%2Bb%26c&state=s',
    new URL('https://app.example/?code=4%2F0A%2Bb%26c&state=s'),
    new URLSearchParams({ code: '4/0A+b&c', state: 's' }),
    { code: '4/0A+b&c', state: 's' },
    Object.assign(Object.create(null), { code: ['4/0A+b&c'], state: 's' })
  ]) {
    t.strictSame(read(callback), wanted, typeof callback === 'string' ? callback : '')
  }
})

t.test('repeated parameters stay repeated', async (t) => {
  t.strictSame(read({ state: ['a', 'b'] }), read('state=a&state=b'))
})

t.test('absent parameters stay absent, and nested data gives an empty one', async (t) => {
  t.strictSame(read({ a: undefined, b: null, c: [], d: [undefined, 'x'] }), [['d', 'x']])
  t.strictSame(read({ a: {}, b: Object.create(null), c: [{ d: 1 }], e: 5, f: true }), [
    ['a', ''],
    ['b', ''],
    ['c', ''],
    ['e', '5'],
    ['f', '']
  ])
})

t.test('the caller’s parameters are not touched', async (t) => {
  const given = new URLSearchParams('iss=a')
  paramsOf(given).delete('iss')
  t.equal(given.get('iss'), 'a')
  const url = new URL('https://app.example/?iss=a')
  paramsOf(url).delete('iss')
  t.equal(url.search, '?iss=a')
})
