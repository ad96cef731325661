/** The URL of a call is the one that gaxios 7 makes of the same options; where it is not, this says so. */
import fc from 'fast-check'
import { request as gaxios } from 'gaxios'
import t from 'tap'
import { AccessTokenCredentials, type ApiRequestOptions } from '../../../src/core.js'
import { serve } from '../../support/local-server.js'

let asked: string[] = []
const origin = await serve(t, (request, response) => {
  asked.push(request.url!)
  response.end()
})
const credentials = new AccessTokenCredentials('ya29.made')

/** Path and query as they arrive, the query as the pairs that it means. */
async function arriving(send: () => Promise<unknown>): Promise<[path: string, ...pairs: string[][]]> {
  asked = []
  await send()
  const { pathname, searchParams } = new URL(asked[0]!, origin)
  return [pathname, ...searchParams]
}

const ours = (options: ApiRequestOptions) => arriving(() => credentials.request(options))
const theirs = (options: ApiRequestOptions) => arriving(() => gaxios(options as Parameters<typeof gaxios>[0]))

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('', ' ', '&', '#', '?', 'ä', '%', '+', '/')
)
const scalar = fc.oneof(text, fc.integer(), fc.boolean(), fc.double())
const path = fc.constantFrom('', '/', '/a', '/a%20b', '/a/../b', '/ä', '/a;b=c')
const query = fc.constantFrom('', '?', '?a=1', '?a=b%20c&d', '?a=b+c', '?&', '?a=/?x', '?a=%23')
const fragment = fc.constantFrom('', '#', '#there', '#there?b=2', '#a&b')

t.test('params join the query of the URL, whatever it holds and before a fragment', async () => {
  await fc.assert(
    fc.asyncProperty(
      path,
      query,
      fragment,
      fc.dictionary(text, scalar, { maxKeys: 4 }),
      async (path, query, hash, params) => {
        const options = { url: `${origin}${path}${query}${hash}`, params }
        t.strictSame(await ours(options), await theirs(options), JSON.stringify(options))
      }
    ),
    { numRuns: 300 }
  )
})

t.test('a serializer, params of their own kind, a base URL', async (t) => {
  const paramsSerializer = (params: Record<string, unknown>): string => `?q=${Object.keys(params).join('%2C')}&r`
  const cases: ApiRequestOptions[] = [
    { url: `${origin}/a`, params: { x: 1, y: 2 }, paramsSerializer },
    { url: `${origin}/a?b=1`, params: { x: 1, y: 2 }, paramsSerializer },
    { url: `${origin}/a`, params: { x: 1 }, paramsSerializer: () => '' },
    { url: `${origin}/a?b=1`, params: { x: 1 }, paramsSerializer: () => 'c=d' },
    {
      url: `${origin}/a?b=1`,
      params: new URLSearchParams([
        ['x', '1'],
        ['x', '2']
      ])
    },
    { url: new URL(`${origin}/a?b=1#c`), params: { x: 1 } },
    { url: '/a?b=1', baseURL: origin, params: { x: 1 } },
    { url: 'b', baseURL: `${origin}/a/`, params: { x: 1 } },
    { url: 'b#c', baseURL: `${origin}/a/x?y`, params: { x: 1 } },
    { url: `${origin}/whole`, baseURL: 'https://elsewhere.example', params: { x: 1 } },
    { url: `${origin}/a`, params: { x: new Date(0) } },
    { url: `${origin}/a`, params: { x: [null] } },
    { url: `${origin}/a`, params: { x: [undefined] } },
    { url: `${origin}/a`, params: { x: ['one'] } },
    { url: `${origin}/a`, params: {} }
  ]
  for (const options of cases) t.strictSame(await ours(options), await theirs(options), JSON.stringify(options))
})

t.test('where gaxios does otherwise', async (t) => {
  // A list is sent item by item, as Google's APIs want it and its clients send it. gaxios sends one text with commas.
  t.strictSame(await ours({ url: origin, params: { a: [1, null, 'b,c'] } }), ['/', ['a', '1'], ['a', ''], ['a', 'b,c']])
  t.strictSame(await ours({ url: origin, params: { a: [] } }), ['/'])
  // What is not there is not sent. gaxios sends the words.
  t.strictSame(await ours({ url: origin, params: { a: null, b: undefined, c: 0 } }), ['/', ['c', '0']])
  // A serializer's query stands before the fragment. gaxios loses it.
  const serialized = { url: `${origin}/a#there`, params: { x: 1 }, paramsSerializer: () => 'x=1' }
  t.strictSame(await ours(serialized), ['/a', ['x', '1']])
  t.strictSame(await theirs(serialized), ['/a'])
  // A base URL alone is a URL.
  t.strictSame(await ours({ baseURL: `${origin}/a`, params: { x: 1 } }), ['/a', ['x', '1']])
})

t.test('what is not a URL is refused in words', async (t) => {
  const options: ApiRequestOptions[] = [
    {},
    { url: '' },
    { url: '/a' },
    { url: '/a', params: { x: [null] } },
    { url: '/a', baseURL: 'api', params: { x: 1 } },
    { url: 'http://', params: { x: 1 } },
    { url: 'http://[', baseURL: origin },
    { baseURL: '' }
  ]
  for (const each of options)
    await t.rejects(credentials.request(each), { code: 'GOOGLE_AUTH_ORIGIN' }, JSON.stringify(each))
})

t.test('a form is sent as one', async (t) => {
  const bodies: string[] = []
  const at = await serve(t, (request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => bodies.push(text))
    request.on('end', () => response.end())
  })
  const options = {
    url: at,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    data: { a: 'b c', d: 'ä&' }
  } as const
  await credentials.request(options)
  await gaxios(options)
  t.equal(bodies[0], 'a=b+c&d=%C3%A4%26')
  t.equal(bodies[1], bodies[0])
})
