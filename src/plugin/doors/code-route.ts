import type { FastifyRequest } from 'fastify'
import type { Claims } from '../../claims/claims.js'
import { firstUse } from '../../claims/once.js'
import type { OAuth2Credentials } from '../../core/credentials/oauth2.js'
import { CrossSiteError } from '../../core/errors/cross-site.js'
import { FlowExchangeError } from '../../core/errors/exchange.js'
import type { OAuth2WebServerFlow } from '../../core/flow/flow.js'
import type { PlainResponse } from '../http/error-responses.js'
import type { RequestOrigins } from '../http/request-origin.js'
import type { Settings } from '../options/options.js'
import { answered } from './answered.js'

/** Longer than Google's codes live. */
const CODE_LIFE_MS = 600_000
/** Far longer than Google's codes are. */
const MAX_CODE_LENGTH = 2_048

/**
 * No form can send this header, and a page of another site only after a preflight that this route does not answer.
 * @see https://developers.google.com/identity/oauth2/web/guides/use-code-model#popup_mode
 */
const OF_A_SCRIPT = 'XmlHttpRequest'

export interface CodeRouteParts {
  flow: OAuth2WebServerFlow
  claims: Claims
  origins: RequestOrigins
  codes: Settings['codes']
  /** Signs the user of the credentials in, or connects their account. Returns what the caller is told. */
  enter: (request: FastifyRequest, credentials: OAuth2Credentials) => Promise<object>
}

/**
 * `POST /auth/code`: takes a code that Google's script got in a popup, or an app on a phone. Such a code has no state, nonce or
 * PKCE. In the place of these stands where the request comes from, and that the code is used once.
 */
export function codeRoute({ flow, claims, origins, codes, enter }: CodeRouteParts) {
  return async (request: FastifyRequest): Promise<PlainResponse> => {
    const { code, from } = (request.body ?? {}) as Record<string, unknown>
    const isMobile = from === 'mobile'
    const isTaken = isMobile ? codes.mobile : from === undefined && codes.popup
    if (!isTaken) throw new FlowExchangeError('not_taken_here', 'code')
    const isByScript = request.headers['x-requested-with'] === OF_A_SCRIPT && origins.isSurelyOurs(request)
    if (isMobile ? origins.isFromBrowser(request) : !isByScript) throw new CrossSiteError()
    if (typeof code !== 'string' || code === '' || code.length > MAX_CODE_LENGTH)
      throw new FlowExchangeError('code_missing', 'code')
    if (!(await firstUse(claims, 'code', code, CODE_LIFE_MS))) throw new FlowExchangeError('used', 'code')
    return answered(await enter(request, await flow.exchangeCodeWithoutPkce(code, isMobile ? '' : 'postmessage')))
  }
}
