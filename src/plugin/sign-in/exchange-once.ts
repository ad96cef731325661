import { setTimeout as sleep } from 'node:timers/promises'
import type { Claims } from '../../claims/claims.js'
import { GoogleAuthError, type GoogleAuthErrorCode } from '../../core/errors/base.js'
import { LoginAttemptError } from '../../core/errors/sign-in.js'
import type { Sealer } from '../../core/lib/sealing.js'
import { placeOf } from '../../sessions/session-id.js'
import { CLAIM_MS, createExchangeLimit } from './exchange-limit.js'

/** How long the second request of a double click waits for the first. */
const WAIT_MS = 10_000
const PAUSE_MS = 25
/** Exchanges that one process has under way. */
const MOST_EXCHANGES = 250
/** Attempts whose code is remembered, so that a second code of the same attempt is not sent to Google. */
const MOST_REMEMBERED = 10_000

/**
 * Runs `exchange` once in all processes. `id` names the attempt and its code (`sessionIdOf`). The outcome must be plain data;
 * `null`: it is the session with this id. `first`: this call ran it.
 */
export type ExchangeOnce = <T extends object>(
  id: string,
  exchange: () => Promise<T | null>
) => Promise<{ outcome: T | null; first: boolean }>

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
 * second one needs the same attempt and the same code, because session and outcome are sealed to them. After that the attempt
 * is used up: no further code is sent to Google for it.
 *
 * The claim is in the place of the session that the exchange makes. So a sign-in is not stored a second time as an outcome.
 */
export function createExchangeOnce(claims: Claims, sealer: Sealer): ExchangeOnce {
  const ids = new Map<string, string>()
  const limit = createExchangeLimit(MOST_EXCHANGES)

  /** Remembers the code of an attempt. Throws a `LoginAttemptError` when the attempt already has another code. */
  const remember = (id: string): void => {
    const attempt = placeOf(id)
    const known = ids.get(attempt)
    if (known !== undefined && known !== id) throw new LoginAttemptError('missing')
    ids.set(attempt, id)
    const [oldest] = ids.keys()
    if (ids.size > MOST_REMEMBERED && oldest !== undefined) ids.delete(oldest)
  }

  return async <T extends object>(
    id: string,
    exchange: () => Promise<T | null>
  ): Promise<{ outcome: T | null; first: boolean }> => {
    remember(id)
    if (!(await claims.claim(id, CLAIM_MS))) {
      const found = await awaited(claims, id)
      return { outcome: found === 'stored' ? null : (openedBy(found, sealer, id) as T), first: false }
    }
    const settle = (result: Result): Promise<void> =>
      claims.settle(id, sealer.sealBytes(JSON.stringify(result), id), CLAIM_MS)
    try {
      const outcome = await limit(exchange)
      // It counts, even if no second request can get the outcome.
      if (outcome !== null) await settle({ outcome }).catch(() => undefined)
      return { outcome, first: true }
    } catch (error) {
      await settle({ failure: failureOf(error) }).catch(() => undefined)
      throw error
    }
  }
}

/** What comes of a claim that is open now; `null` for a claim that is used up, or takes too long. */
async function awaited(claims: Claims, name: string): Promise<Buffer | 'stored' | null> {
  const deadline = performance.now() + WAIT_MS
  if ((await claims.outcome(name)) !== 'open') return null
  while (performance.now() < deadline) {
    await sleep(PAUSE_MS)
    const outcome = await claims.outcome(name)
    if (outcome !== 'open') return outcome
  }
  return null
}

function openedBy(outcome: Buffer | null, sealer: Sealer, id: string): object {
  const opened = outcome && sealer.openBytes(outcome, id)
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
