import { CHANNELS, type GrantLostFacts, type RefreshFacts } from '../channels.js'
import { GrantLostError } from '../errors/grant.js'
import { traced } from '../lib/traced.js'
import type { Refresh } from '../provider/refresh.js'
import type { GrantRef } from '../storage/storage.js'
import type { Token } from '../token/token.js'

/** What `refresh` gives, for those who watch refreshes. */
export function tracedRefresh(refresh: Refresh, latest: Token, grant: GrantRef | undefined): Promise<Token> {
  const facts: RefreshFacts = { ...grant }
  const work = async (): Promise<Token> => {
    try {
      return await refresh(latest)
    } catch (error) {
      if (error instanceof GrantLostError) Object.assign(facts, { outcome: 'lost' }, causeOf(error))
      throw error
    }
  }
  return traced(CHANNELS.refresh, facts, work, () => (facts.outcome = 'refreshed'))
}

/** Tells of a lost grant, for those who watch. */
export function tracedLoss(
  loss: GrantLostError,
  grant: GrantRef | undefined,
  tell: () => Promise<void>
): Promise<void> {
  const facts: GrantLostFacts = { ...grant, reason: loss.reason, ...causeOf(loss) }
  return traced(CHANNELS.grantLost, facts, tell, () => (facts.outcome = 'told'))
}

function causeOf({ likelyCause }: GrantLostError): { likelyCause?: string } {
  return likelyCause === undefined ? {} : { likelyCause }
}
