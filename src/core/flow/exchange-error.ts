import { FlowExchangeError, type ExchangeFault } from '../errors/exchange.js'
import { EndpointRefusal, troubleName } from '../provider/refusal.js'

/** Errors that refuse the app and not the code: its client, its settings or its request must change. */
const APP_REFUSED = new Set([
  'invalid_client',
  'unauthorized_client',
  'redirect_uri_mismatch',
  'deleted_client',
  'disabled_client',
  'unsupported_grant_type',
  'invalid_request'
])

/** The error for a failed exchange. */
export function asExchangeError(error: unknown): FlowExchangeError {
  if (!(error instanceof EndpointRefusal)) return new FlowExchangeError(troubleName(error), 'trouble', { cause: error })
  return new FlowExchangeError(error.error, faultOf(error), { cause: error, retryAfterS: error.retryAfterS })
}

function faultOf({ status, error }: EndpointRefusal): ExchangeFault {
  if (status < 400 || status === 429 || status >= 500) return 'trouble'
  if (error === 'invalid_grant') return 'code'
  return APP_REFUSED.has(error) ? 'app' : 'trouble'
}
