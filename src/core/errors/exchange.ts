import { GoogleAuthError, retryAfterHeader, STATUS } from './base.js'

/**
 * What failed in an exchange: the code, which a new sign-in replaces; the app, which its developer must change; or
 * the way to Google, which recovers.
 */
export type ExchangeFault = 'code' | 'app' | 'trouble'

const EXCHANGE_STATUS = { code: 400, app: 500, trouble: STATUS.GOOGLE_AUTH_EXCHANGE } satisfies Record<
  ExchangeFault,
  number
>

const CONSOLE = 'in the Google console (APIs & Services, Credentials)'
/** What to mend where Google refuses the app, by its `error`. */
const APP_FIXES: Record<string, string> = {
  invalid_client: `Compare clientId and clientSecret with the OAuth client ${CONSOLE}.`,
  unauthorized_client: `Use an OAuth client of the type "Web application", made ${CONSOLE}.`,
  redirect_uri_mismatch: `Register redirectUri, letter by letter, with the OAuth client ${CONSOLE}.`
}

/** The code could not be exchanged for tokens, or the provider's endpoints could not be discovered. */
export class FlowExchangeError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_EXCHANGE'
  /** Google's `error`, or a word for what happened on the way: `timeout`, `unreachable`, `http_503`. */
  readonly reason: string
  /** Decides the status: 400 for a refused code, 500 for a refused app, else 503 with `Retry-After`. */
  readonly fault: ExchangeFault

  /**
   * @param reason Google's `error`, or a word for what happened on the way.
   * @param fault Whose fault it is: of the code, of the app, or trouble that passes.
   * @param options The first error, and how long to wait.
   * @param options.cause The first error, of which a copy without secrets is kept.
   * @param options.retryAfterS Seconds that the caller is asked to wait; default: 2.
   */
  constructor(
    reason: string,
    fault: ExchangeFault,
    { cause, retryAfterS }: { cause?: unknown; retryAfterS?: number | undefined } = {}
  ) {
    super(exchangeMessage(reason, fault), cause, fault === 'trouble' ? retryAfterHeader(retryAfterS) : undefined)
    this.reason = reason
    this.fault = fault
  }

  override get statusCode(): number {
    return EXCHANGE_STATUS[this.fault]
  }
}

/** Why a code was refused here, by reason. Any other reason is Google's. */
const OWN_REFUSALS: Record<string, string> = {
  used: 'This code was used before. Get a new one.',
  code_missing: 'The request has no code. Send it as the field code of a JSON object.',
  not_taken_here: 'This route does not take such a code. The option codes says which it takes.',
  id_token_missing: 'Google sent no ID token for this code. Ask for the scope openid.',
  disconnected_meanwhile: 'The account was disconnected meanwhile. Connect it again.',
  revoked_meanwhile: 'The access was revoked meanwhile. Start again.'
}

function exchangeMessage(reason: string, fault: ExchangeFault): string {
  if (fault === 'code') {
    const own = Object.hasOwn(OWN_REFUSALS, reason) ? OWN_REFUSALS[reason] : undefined
    return own ?? `Google refused the code (${reason}). Start the sign-in again.`
  }
  if (fault === 'trouble') return `Google could not complete the sign-in just now (${reason}). Try again.`
  const fix = Object.hasOwn(APP_FIXES, reason) ? APP_FIXES[reason] : `Check the OAuth client ${CONSOLE}.`
  return `Google refused this app (${reason}). ${fix}`
}
