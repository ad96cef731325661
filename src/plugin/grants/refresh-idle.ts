import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { AccessTokenRefreshError } from '../../core/errors/grant.js'
import type { GrantRef } from '../../core/storage/storage.js'
import { isLiving } from '../../core/token/lost.js'
import type { Token } from '../../core/token/token.js'
import type { Grants } from '../../grants/grants.js'
import { EVENT } from '../log-events.js'
import type { Clients } from './clients.js'
import { found } from '../../core/storage/found.js'

const DAY_MS = 86_400_000
/** Refreshes under way at once: Google limits the requests of a project. */
const CONCURRENCY = 4
/** A pause of a random length before each refresh, so that the processes of a fleet do not all call at the same moment. */
const JITTER_MS = 50

/** How often one grant is tried in a run. */
const MOST_TRIES = 3

/** Which grants are refreshed, and how gently. */
export interface RefreshIdleOptions {
  /** Days since the last refresh, or since the grant. Google ends a refresh token that was not used for six months. */
  idleDays: number
  /** Refreshes under way at once. Default 4. */
  concurrency?: number
  /** Stops the run: what has begun is finished, and the counts so far come back. */
  signal?: AbortSignal
}

/** What a run did. */
export interface RefreshIdleCounts {
  /** Grants that were looked at. */
  checked: number
  /** Grants that this run refreshed. */
  refreshed: number
  /** Grants that Google declared dead in this run. */
  lost: number
  /** Refreshes that failed. They pass: the next run tries again. */
  failed: number
}

export interface RefreshIdleParts {
  grants: Grants
  clients: Clients
  log: FastifyBaseLogger
}

/** Refreshes all grants that were idle for so long, each once in the fleet. */
export async function refreshIdle(
  { grants, clients, log }: RefreshIdleParts,
  options: RefreshIdleOptions
): Promise<RefreshIdleCounts> {
  const { idleMs, concurrency, signal } = checked(options)
  const counts: RefreshIdleCounts = { checked: 0, refreshed: 0, lost: 0, failed: 0 }
  /** By the clock of `performance.now`: Google asked for a pause until then. */
  let resumeAt = 0
  /** By the start of the run: what another process refreshes meanwhile is fresh, also with 0 days. */
  const idleSince = Date.now() - idleMs
  const isFresh = (token: Token): boolean =>
    token.refreshToken === undefined || (token.refreshedAt ?? token.grantedAt ?? 0) > idleSince
  const refresh = async (grant: GrantRef): Promise<void> => {
    try {
      const token = await found(grants.storageFor(grant.owner, grant.account))
      // It was deleted since the page was read.
      if (token === null) return
      counts.checked++
      if (token === 'unreadable' || !isLiving(token) || isFresh(token)) return
      await pause(Math.random() * JITTER_MS, signal)
      const outcome = await renewGently(grant)
      if (outcome === 'renewed') counts.refreshed++
      if (outcome === 'lost') counts.lost++
    } catch (error) {
      counts.failed++
      const { reason } = error as { reason?: string }
      const facts = { event: EVENT.refresh, outcome: 'failed', reason, ...grant, err: error }
      log.warn(facts, 'An idle grant could not be refreshed. The next run tries again.')
    }
  }
  /** Tries again after trouble that passes. The pause that Google asks for holds up the whole run, and no lease lasts meanwhile. */
  const renewGently = async (grant: GrantRef): Promise<'renewed' | 'lost' | 'unchanged'> => {
    for (let tries = 1; ; tries++) {
      while (resumeAt > performance.now() && !signal?.aborted) await pause(resumeAt - performance.now(), signal)
      if (signal?.aborted) return 'unchanged'
      try {
        return await clients.tokenOf(grant, { once: true }).renewUnless(isFresh)
      } catch (error) {
        if (!(error instanceof AccessTokenRefreshError)) throw error
        resumeAt = Math.max(resumeAt, performance.now() + Number(error.headers['retry-after']) * 1000)
        if (tries >= MOST_TRIES) throw error
      }
    }
  }
  for await (const page of grants.pages(signal)) {
    const waiting = page.values()
    const worker = async (): Promise<void> => {
      for (const grant of waiting) {
        if (signal?.aborted) return
        await refresh(grant)
      }
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
    if (signal?.aborted) break
  }
  return counts
}

function checked(options: Partial<RefreshIdleOptions> = {}): {
  idleMs: number
  concurrency: number
  signal: AbortSignal | undefined
} {
  const { idleDays, concurrency = CONCURRENCY, signal } = options
  if (typeof idleDays !== 'number' || !(idleDays >= 0))
    throw new TypeError('refreshIdle() needs idleDays: a number of days, 0 or more. Pass for example { idleDays: 30 }.')
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new TypeError('The option concurrency of refreshIdle() must be a whole number, 1 or more.')
  return { idleMs: idleDays * DAY_MS, concurrency, signal }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
}
