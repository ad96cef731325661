import { FlowExchangeError } from '../../core/errors/exchange.js'

/** How long the code of an exchange is claimed: longer than a double click and the exchange together, and less than a minute. */
export const CLAIM_MS = 50_000

/** Runs an exchange. Throws a `FlowExchangeError` (503) when too many are under way. */
export type ExchangeLimit = <T>(exchange: () => Promise<T>) => Promise<T>

/** A limit for one route. If there are more exchanges at once, most of them are probably forged, and Google must not get them all. */
export function createExchangeLimit(most: number): ExchangeLimit {
  let underWay = 0
  return async (exchange) => {
    if (underWay >= most) throw new FlowExchangeError('too_many_at_once', 'trouble')
    underWay++
    try {
      return await exchange()
    } finally {
      underWay--
    }
  }
}
