import { FlowExchangeError } from '../../core/errors/exchange.js'

/** Exchanges that one process can have under way. More of them are forged codes, which need not all be sent to Google. */
const MOST_EXCHANGES = 250

/** Runs an exchange. Throws a `FlowExchangeError` (503) when too many are under way. */
export type ExchangeLimit = <T>(exchange: () => Promise<T>) => Promise<T>

/** One limit for all routes that exchange codes. */
export function createExchangeLimit(): ExchangeLimit {
  let underWay = 0
  return async (exchange) => {
    if (underWay >= MOST_EXCHANGES) throw new FlowExchangeError('too_many_at_once', 'trouble')
    underWay++
    try {
      return await exchange()
    } finally {
      underWay--
    }
  }
}
