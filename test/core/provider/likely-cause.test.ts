import t from 'tap'
import { likelyCause } from '../../../src/core/provider/likely-cause.js'
import { Token, type TokenRecord } from '../../../src/core/token/token.js'
import { daysAgo } from '../../support/misbehaving-provider.js'

const NOW = 1_800_000_000_000

function cause(record: Partial<TokenRecord>, reason = 'invalid_grant', subtype?: string): string {
  return likelyCause(Token.from({ accessToken: 'a', scopes: [], ...record }), reason, subtype, NOW)
}

const ago = (days: number): number => daysAgo(days, NOW)

t.test('a guess for each kind of evidence', async (t) => {
  t.equal(cause({}), 'revoked')
  t.equal(cause({}, 'invalid_grant', 'invalid_rapt'), 'invalid_rapt')
  t.equal(cause({}, 'invalid_grant', 'rapt_required'), 'invalid_rapt')
  t.equal(cause({}, 'invalid_rapt'), 'invalid_rapt')
  t.equal(cause({}, 'admin_policy_enforced'), 'admin_policy_enforced')
  t.equal(cause({}, 'deleted_client'), 'deleted_client')
  t.equal(cause({ refreshTokenExpiresAt: NOW }), 'time_based_access_ended')
  t.equal(cause({ refreshTokenExpiresAt: NOW + 1 }), 'revoked')
  t.equal(cause({ grantedAt: ago(7), refreshedAt: ago(0.1) }), 'testing_mode')
  t.equal(cause({ grantedAt: ago(6.8) }), 'revoked')
  t.equal(cause({ grantedAt: ago(8.1) }), 'revoked')
  t.equal(cause({ grantedAt: ago(181) }), 'unused_six_months')
  t.equal(cause({ grantedAt: ago(400), refreshedAt: ago(180) }), 'unused_six_months')
  t.equal(cause({ grantedAt: ago(400), refreshedAt: ago(2) }), 'revoked')
})

t.test('what Google says outweighs the token’s age', async (t) => {
  const old = { grantedAt: ago(7), refreshTokenExpiresAt: NOW - 1 }
  t.equal(cause(old, 'invalid_grant', 'invalid_rapt'), 'invalid_rapt')
  t.equal(cause(old, 'deleted_client'), 'deleted_client')
  t.equal(cause(old), 'time_based_access_ended')
})

t.test('a birth in the future tells nothing', async (t) => {
  t.equal(cause({ grantedAt: ago(-7) }), 'revoked')
})
