import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { KEYS_COOL_DOWN_MS, keySet } from '../../../src/core/provider/jwks.js'
import { providerFetch } from '../../../src/core/provider/fetch.js'
import { MisbehavingProvider, newKey } from '../../support/misbehaving-provider.js'

const [FIRST, SECOND, THIRD] = [newKey('first'), newKey('second'), newKey('third')]
const header = (kid?: string) => ({ alg: 'RS256', ...(kid === undefined ? {} : { kid }) })

type Reply = () => Response | Promise<Response>

/** A key set whose endpoint and clock are in the test's hands. */
function endpoint(...first: Record<string, unknown>[]) {
  const world = {
    now: 1_000_000,
    fetched: 0,
    reply: (() => Response.json({ keys: first })) as Reply,
    publish: (...keys: Record<string, unknown>[]) => (world.reply = () => Response.json({ keys }))
  }
  const fetch = async () => {
    world.fetched++
    return world.reply()
  }
  const keys = keySet(
    async () => 'https://keys.example/',
    fetch,
    () => world.now
  )
  const finds = async (kid?: string): Promise<boolean> =>
    keys(header(kid)).then(
      (found) => found.length > 0,
      (error: unknown) => {
        if ((error as { code?: string }).code === 'ERR_JWKS_NO_MATCHING_KEY') return false
        throw error
      }
    )
  return Object.assign(world, { keys, finds })
}

const BROKEN: Record<string, Reply> = {
  refused: () => Promise.reject(new TypeError('fetch failed')),
  'status 500': () => new Response('<h1>oops</h1>', { status: 500 }),
  'status 404': () => Response.json({ keys: [SECOND.jwk] }, { status: 404 }),
  redirect: () => new Response(null, { status: 302, headers: { location: 'https://evil.example/keys' } }),
  'no body': () => new Response(''),
  'status 204': () => new Response(null, { status: 204 }),
  HTML: () => new Response('<!doctype html><p>Maintenance', { headers: { 'content-type': 'text/html' } }),
  'no keys': () => Response.json({ keys: [] }),
  'no member keys': () => Response.json({}),
  'keys of a wrong type': () => Response.json({ keys: 'none' }),
  'members of a wrong type': () => Response.json({ keys: [null, 'x', 5, []] }),
  null: () => Response.json(null),
  'a list': () => Response.json([FIRST.jwk]),
  'cut short': () => new Response('{"keys":[{"kty":"RSA"')
}

t.test('fetched once, for any number of callers', async (t) => {
  const world = endpoint(FIRST.jwk)
  await Promise.all(Array.from({ length: 20 }, () => world.finds('first')))
  t.equal(world.fetched, 1)
  t.equal(await world.finds('first'), true)
  t.equal(world.fetched, 1)
})

t.test('a key that was brought in right after the start is found at once', async (t) => {
  const world = endpoint(FIRST.jwk)
  t.equal(await world.finds('first'), true)
  world.publish(SECOND.jwk, FIRST.jwk)
  t.equal(await world.finds('second'), true)
  t.equal(world.fetched, 2)
})

t.test('unknown kid: one fetch in 30 seconds, and not more seldom', async (t) => {
  t.equal(KEYS_COOL_DOWN_MS, 30_000)
  const world = endpoint(FIRST.jwk)
  await world.finds('first')
  for (let i = 0; i < 50; i++) t.equal(await world.finds(`forged-${i}`), false)
  t.equal(world.fetched, 2, 'the key endpoint is not flooded')
  world.publish(SECOND.jwk)
  world.now += KEYS_COOL_DOWN_MS - 1
  t.equal(await world.finds('second'), false)
  world.now += 1
  t.equal(await world.finds('second'), true)
  t.equal(world.fetched, 3)
  t.equal(await world.finds('first'), false, 'what was withdrawn is gone')
})

t.test('a forged kid now and then does not keep a rotated key out for longer', async (t) => {
  const world = endpoint(FIRST.jwk)
  await world.finds('first')
  for (let second = 0; second < 29; second++) {
    await world.finds('forged')
    world.now += 1000
  }
  world.publish(SECOND.jwk)
  world.now += 1000
  t.equal(await world.finds('second'), true)
})

t.test('those who come while the keys are fetched again wait for that fetch', async (t) => {
  const world = endpoint(FIRST.jwk)
  await world.finds('first')
  world.reply = async () => {
    await sleep(20)
    return Response.json({ keys: [SECOND.jwk] })
  }
  t.strictSame(await Promise.all([1, 2, 3, 4].map(() => world.finds('second'))), [true, true, true, true])
  t.equal(world.fetched, 2)
})

t.test('a clock that was set back does not stretch the cool-down', async (t) => {
  const world = endpoint(FIRST.jwk)
  await world.finds('first')
  await world.finds('forged')
  world.publish(SECOND.jwk)
  world.now -= 3_600_000
  t.equal(await world.finds('second'), true)
})

t.test('cached by the directives of HTTP', async (t) => {
  for (const [directives, keptS] of [
    ['public, max-age=120, must-revalidate', 120],
    ['Max-Age=120', 120],
    ['max-age="120"', 120],
    ['max-age=0', 30],
    ['no-store', 30],
    ['No-Cache, max-age=500', 30],
    ['s-maxage=5', 3600],
    ['max-age=soon', 3600],
    ['', 3600],
    ['max-age=99999999', 86_400]
  ] as const) {
    const world = endpoint()
    world.reply = () => Response.json({ keys: [FIRST.jwk] }, { headers: { 'cache-control': directives } })
    await world.finds('first')
    world.now += keptS * 1000 - 1
    await world.finds('first')
    t.equal(world.fetched, 1, `${directives}: kept`)
    world.now += 1
    t.equal(await world.finds('first'), true)
    t.equal(world.fetched, 2, `${directives}: read again`)
  }
})

for (const [name, broken] of Object.entries(BROKEN)) {
  t.test(`key endpoint broken: ${name}`, async (t) => {
    const fresh = endpoint()
    fresh.reply = broken
    await t.rejects(fresh.finds('first'), 'without any set it is an outage, not a missing key')
    fresh.publish(FIRST.jwk)
    t.equal(await fresh.finds('first'), true, 'which is not remembered')

    const world = endpoint(FIRST.jwk)
    await world.finds('first')
    world.reply = broken
    world.now += 7_200_000
    t.equal(await world.finds('first'), true, 'the last good set is used')
    t.equal(await world.finds('first'), true)
    t.equal(world.fetched, 2, 'a failure is left alone for a while')
    world.publish(SECOND.jwk)
    world.now += KEYS_COOL_DOWN_MS
    t.equal(await world.finds('second'), true)
    t.equal(world.fetched, 3)

    world.reply = broken
    world.now += 3_600_000 + 86_400_000 - 1
    t.equal(await world.finds('second'), true, 'for a day')
    world.now += 1
    await t.rejects(world.finds('second'), 'and not for ever')
  })
  t.test(`key endpoint broken while an unknown kid is sought: ${name}`, async (t) => {
    const world = endpoint(FIRST.jwk)
    await world.finds('first')
    world.reply = broken
    await t.rejects(world.finds('second'), 'it may be a new key: an outage, and no word about the token')
    t.equal(await world.finds('first'), true)
    world.publish(SECOND.jwk)
    await t.rejects(world.finds('second'), 'within the cool-down')
    t.equal(world.fetched, 2)
    world.now += KEYS_COOL_DOWN_MS
    t.equal(await world.finds('second'), true)
  })
}

t.test('forged tokens do not fetch keys that may not be cached', async (t) => {
  const world = endpoint()
  world.reply = () => Response.json({ keys: [FIRST.jwk] }, { headers: { 'cache-control': 'no-cache' } })
  for (let token = 0; token < 10; token++) t.equal(await world.finds('forged'), false)
  t.equal(world.fetched, 1)
})

t.test('no kid: all keys that could be meant', async (t) => {
  const { keys } = endpoint(FIRST.jwk, { ...SECOND.jwk, use: 'enc' }, THIRD.jwk)
  t.equal((await keys(header())).length, 2)
  t.equal(
    (await endpoint({ ...FIRST.jwk, kid: 'same' }, { ...SECOND.jwk, kid: 'same' }).keys(header('same'))).length,
    2
  )
})

t.test('a key that cannot be used is like none', async (t) => {
  const unusable = { ...FIRST.privateKey.export({ format: 'jwk' }), kid: 'first' }
  const world = endpoint(unusable, { ...unusable, kid: 'other' })
  t.equal(await world.finds('first'), false)
  t.equal(await world.finds(), false)
  world.publish(unusable, FIRST.jwk)
  world.now += KEYS_COOL_DOWN_MS
  t.equal(await world.finds('first'), true)
})

t.test('the address of the keys unknown', async (t) => {
  let uri = (): Promise<string> => Promise.reject(new Error('discovery is down'))
  const keys = keySet(
    () => uri(),
    async () => Response.json({ keys: [FIRST.jwk] })
  )
  await t.rejects(keys(header('first')), { message: 'discovery is down' })
  uri = async () => 'https://keys.example/'
  t.equal((await keys(header('first'))).length, 1)
})

t.test('over the wire', async (t) => {
  const provider = await MisbehavingProvider.start()
  t.teardown(() => provider.stop())
  const bounded = providerFetch(fetch, 150)
  let now = 0
  const keys = keySet(
    async () => `${provider.issuer}/keys`,
    bounded,
    () => now
  )
  for (const answer of ['hang', 'stall', 'reset', 'endless'] as const) {
    provider.answer('keys', answer)
    const startedAt = performance.now()
    await t.rejects(keys(header('key-1')), answer)
    t.ok(performance.now() - startedAt < 2_000, `${answer}: within the limit`)
  }
  provider.behave()
  t.equal((await keys(header('key-1'))).length, 1)
  for (const answer of ['hang', 'stall', 'reset', 'endless'] as const) {
    provider.answer('keys', answer)
    now += 7_200_000
    t.equal((await keys(header('key-1'))).length, 1, `${answer}: the last good set`)
  }
  provider.answer('keys', { status: 302, headers: { location: `${provider.issuer}/elsewhere` } })
  now += 7_200_000
  provider.seen = []
  await keys(header('key-1'))
  t.strictSame(
    provider.seen.map(({ path }) => path),
    ['/keys'],
    'no redirect is followed'
  )
})
