import { setTimeout as sleep } from 'node:timers/promises'
import type { Claims } from '../../claims/claims.js'
import { GoogleAuthError, type GoogleAuthErrorCode } from '../../core/errors/base.js'
import { LoginAttemptError } from '../../core/errors/sign-in.js'
import type { LoginAttempt } from '../../core/flow/login-attempt.js'
import type { Sealer } from '../../core/lib/sealing.js'
import { sha256 } from '../../core/lib/sha256.js'
import { CLAIM_MS, createExchangeLimit } from './exchange-limit.js'

/** How long the second request of a double click waits for the first. */
const WAIT_MS = 10_000
const PAUSE_MS = 25
/** Exchanges that one process has under way. */
const MOST_EXCHANGES = 250
/** Attempts whose code is remembered, so that a second code of the same attempt is not sent to Google. */
const MOST_REMEMBERED = 10_000

/**
 * Runs `exchange` for the code of an attempt, once in all processes. Its outcome must be plain data. `first`: this call ran it.
 */
export type ExchangeOnce = <T extends object>(
  attempt: LoginAttempt,
  code: string,
  exchange: () => Promise<T>
) => Promise<{ outcome: T; first: boolean }>

/** What a second request gets: the outcome, or the error. */
type Result = { outcome: object } | { failure: Failure }

interface Failure {
  name: string
  message: string
  /** Whether it is an error of this package, and not of a hook of the app. */
  ours: boolean
  code?: string
  statusCode?: number
  headers?: Record<string, string>
  reason?: string
}

/** An error of this package that another request got, perhaps in another process. */
class RepeatedError extends GoogleAuthError {
  readonly code: GoogleAuthErrorCode
  readonly reason?: string
  readonly #statusCode: number | undefined

  constructor({ name, message, code, statusCode, headers, reason }: Failure) {
    super(message, undefined, headers)
    this.name = name
    this.code = code as GoogleAuthErrorCode
    this.#statusCode = statusCode
    if (reason !== undefined) this.reason = reason
  }

  override get statusCode(): number {
    return this.#statusCode ?? super.statusCode
  }
}

/**
 * A double click sends one code twice, perhaps to two processes. It is exchanged once, and both requests get the outcome. The
 * second one needs the same attempt, because the outcome is sealed to it. After that the attempt is used up: no further code
 * is sent to Google for it.
 */
export function createExchangeOnce(claims: Claims, sealer: Sealer): ExchangeOnce {
  const codes = new Map<string, string>()
  const limit = createExchangeLimit(MOST_EXCHANGES)

  /** Remembers the code of an attempt. Throws a `LoginAttemptError` when the attempt already has another code. */
  const remember = (attempt: string, code: string): void => {
    const known = codes.get(attempt)
    if (known !== undefined && known !== code) throw new LoginAttemptError('missing')
    codes.set(attempt, code)
    const [oldest] = codes.keys()
    if (codes.size > MOST_REMEMBERED && oldest !== undefined) codes.delete(oldest)
  }

  return async <T extends object>(
    { state, codeVerifier }: LoginAttempt,
    code: string,
    exchange: () => Promise<T>
  ): Promise<{ outcome: T; first: boolean }> => {
    const [name, codeHash] = [sha256(state), sha256(code)]
    remember(name, codeHash)
    const context = [name, codeHash, sha256(codeVerifier)]
    if (!(await claims.claim(name, CLAIM_MS))) {
      return { outcome: openedBy(await awaited(claims, name), sealer, context) as T, first: false }
    }
    const settle = (result: Result): Promise<void> =>
      claims.settle(name, sealer.sealBytes(JSON.stringify(result), ...context), CLAIM_MS)
    try {
      const outcome = await limit(exchange)
      // It counts, even if no second request can get the outcome.
      await settle({ outcome }).catch(() => undefined)
      return { outcome, first: true }
    } catch (error) {
      await settle({ failure: failureOf(error) }).catch(() => undefined)
      throw error
    }
  }
}

/** The outcome of a claim that is open now; `null` for a claim that is used up, or takes too long. */
async function awaited(claims: Claims, name: string): Promise<Buffer | null> {
  const deadline = performance.now() + WAIT_MS
  if ((await claims.outcome(name)) !== 'open') return null
  while (performance.now() < deadline) {
    await sleep(PAUSE_MS)
    const outcome = await claims.outcome(name)
    if (outcome !== 'open') return outcome
  }
  return null
}

function openedBy(outcome: Buffer | null, sealer: Sealer, context: string[]): object {
  const opened = outcome && sealer.openBytes(outcome, ...context)
  if (opened === null) throw new LoginAttemptError('missing')
  const known = JSON.parse(opened.plain.toString()) as Result
  if ('outcome' in known) return known.outcome
  const { ours, ...failure } = known.failure
  throw ours ? new RepeatedError(known.failure) : Object.assign(new Error(failure.message), failure)
}

/** The fields of an error that its response shows. JSON leaves out those that are undefined. */
function failureOf(error: unknown): Failure {
  const { name, message, code, statusCode, headers, reason } = (error instanceof Error ? error : new Error()) as Failure
  return { name, message, ours: error instanceof GoogleAuthError, code, statusCode, headers, reason } as Failure
}
