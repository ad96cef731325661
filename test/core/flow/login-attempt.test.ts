import t from 'tap'
import { ATTEMPT_LIFE_MS, newAttempt } from '../../../src/core/flow/login-attempt.js'

const about = { scopes: ['openid'], redirectUri: 'https://app.example/', clientId: 'c' }

t.test('plain data that survives JSON', async (t) => {
  const attempt = newAttempt(about, 5)
  t.strictSame(JSON.parse(JSON.stringify(attempt)), attempt)
  t.match(attempt, { ...about, createdAt: 5 })
  t.equal(ATTEMPT_LIFE_MS, 600_000)
})

t.test('fresh randomness, long enough, safe in a URL', async (t) => {
  const seen = new Set<string>()
  for (let i = 0; i < 500; i++) {
    const { state, nonce, codeVerifier } = newAttempt(about, 5)
    for (const text of [state, nonce]) t.match(text, /^[\w-]{32}$/)
    t.match(codeVerifier, /^[\w-]{43,128}$/)
    for (const text of [state, nonce, codeVerifier]) seen.add(text)
  }
  t.equal(seen.size, 1_500)
})
