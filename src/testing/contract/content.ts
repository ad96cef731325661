import { strict as assert } from 'node:assert'
import { Token, type TokenRecord } from '../../core/token/token.js'
import { aboutSlot, assertHolds, token, type StoragePromise } from './promise.js'

const NOW = 1_764_000_000_123
const DAY_MS = 86_400_000

/** A token with every field, and with texts that are no ASCII. */
const WHOLE: Required<TokenRecord> = {
  accessToken: 'ya29.käse/ß-☃',
  refreshToken: '1//0g-refresh',
  expiresAt: NOW,
  scopes: ['openid', 'https://www.googleapis.com/auth/calendar.events'],
  idToken: `eyJ.${'x'.repeat(2_000)}.sig`,
  refreshTokenExpiresAt: NOW + DAY_MS,
  grantedAt: NOW - DAY_MS,
  connectedAt: NOW - 2 * DAY_MS,
  profile: {
    email: 'ada@example.com',
    name: 'Ada Lovelace ☃',
    picture: 'https://example.com/a.png',
    hostedDomain: 'example.com'
  },
  refreshedAt: NOW - 1_000,
  consentAskedAt: NOW - 2_000,
  lost: { reason: 'invalid_grant', likelyCause: 'revoked', at: NOW }
}

export const content: readonly StoragePromise[] = [
  aboutSlot('an empty slot holds null, and can be deleted', async ({ one }) => {
    assert.equal(await one.get(), null, 'get() of an empty slot must give null')
    await one.delete()
    assert.equal(await one.get(), null)
  }),

  ...(Object.keys(WHOLE) as (keyof TokenRecord)[]).map((field) =>
    aboutSlot(`keeps ${field} of a token`, async ({ one, other }) => {
      await one.put(Token.from(WHOLE))
      const kept = (await other.get())?.toRecord()
      assert.deepEqual(kept?.[field], WHOLE[field], `${field} is not what was put`)
    })
  ),

  aboutSlot('what an update stores is whole, too', async ({ one, other }) => {
    await one.update(() => Token.from(WHOLE))
    assert.deepEqual((await other.get())?.toRecord(), WHOLE)
  }),

  aboutSlot('a token replaces the whole of the one before', async ({ one, other }) => {
    await one.put(Token.from(WHOLE))
    await one.put(token('second'))
    const record = (await other.get())?.toRecord()
    assert.deepEqual(record, token('second').toRecord(), 'fields of the token before must not stay')
  }),

  aboutSlot('get gives a token that can be used: one of the class Token', async ({ one, other }) => {
    await one.put(token('first'))
    assert.ok((await other.get()) instanceof Token, 'get() must give Token.from(record), and not the record')
  }),

  aboutSlot('after delete nothing is there', async ({ one, other }) => {
    await one.put(token('first'))
    await other.delete()
    await assertHolds(one, null, 'delete() must empty the slot')
  })
]
