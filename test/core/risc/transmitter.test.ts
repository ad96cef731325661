/** The transmitter of security events: its configuration is read with its keys, cached, and not asked for in a flood. */
import t from 'tap'
import { transmitterSource } from '../../../src/core/risc/transmitter.js'
import { startGoogle } from '../../support/app.js'

const HEADER = { alg: 'RS256' }

t.test('the issuer and the keys, read once and kept', async (t) => {
  const google = await startGoogle(t)
  const source = transmitterSource(`${google.issuer}/realms/one`, fetch)
  const found = await Promise.all([source(HEADER), source(HEADER)])
  t.match(found, [{ issuer: `${google.issuer}/` }, { issuer: `${google.issuer}/` }])
  t.equal((await source(HEADER)).keys.length, 2)
  t.equal(google.count('riscConfiguration'), 1)
  t.equal(google.count('jwks'), 1)
})

t.test('an unknown key is looked for once, and again after the cool-down', async (t) => {
  const google = await startGoogle(t)
  let now = 1_000_000
  const source = transmitterSource(google.issuer, fetch, () => now)
  const unknown = { ...HEADER, kid: 'unknown' }
  const ask = () => t.rejects(source(unknown), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  for (let times = 0; times < 5; times++) await ask()
  t.equal(google.count('jwks'), 1, 'that of the first read')
  now += 29_999
  await ask()
  t.equal(google.count('jwks'), 1)
  now += 1
  await ask()
  await ask()
  t.equal(google.count('jwks'), 2)
})

t.test('a first failure is repeated during the cool-down; later ones leave the known keys', async (t) => {
  const google = await startGoogle(t)
  let now = 1_000_000
  const source = transmitterSource(google.issuer, fetch, () => now)
  const undo = google.failNext('riscConfiguration', { status: 503, times: 100 })
  for (let times = 0; times < 3; times++) await t.rejects(source(HEADER), { name: 'TransmitterUnavailable' })
  t.equal(google.count('riscConfiguration'), 1)
  undo()
  await t.rejects(source(HEADER), { name: 'TransmitterUnavailable' })
  now += 30_000
  const { keys } = await source(HEADER)
  t.equal(keys.length, 2)
  google.failNext('riscConfiguration', { status: 503, times: 100 })
  now += 30_000
  await t.rejects(source({ ...HEADER, kid: 'unknown' }), { name: 'TransmitterUnavailable' })
  t.equal((await source(HEADER)).keys.length, 2, 'a key that is known still verifies')
  now += 3_600_000
  t.equal((await source(HEADER)).keys.length, 2, 'also when its time is over, for a day')
})
