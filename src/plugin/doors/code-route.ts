import type { FastifyRequest } from 'fastify'
import type { Claims } from '../../claims/claims.js'
import { claimName } from '../../claims/once.js'
import type { OAuth2Credentials } from '../../core/credentials/oauth2.js'
import { CrossSiteError } from '../../core/errors/cross-site.js'
import { FlowExchangeError } from '../../core/errors/exchange.js'
import type { OAuth2WebServerFlow } from '../../core/flow/flow.js'
import type { PlainResponse } from '../http/error-responses.js'
import type { RequestOrigins } from '../http/request-origin.js'
import type { Settings } from '../options/options.js'
import { CLAIM_MS, createExchangeLimit } from '../sign-in/exchange-limit.js'
import { answered } from './answered.js'

/** Exchanges that one process has under way. Fewer than those of the return, which forged codes must not crowd out. */
const MOST_EXCHANGES = 100
/** Far longer than Google's codes are. */
const MAX_CODE_LENGTH = 2_048

/**
 * No form can send this header, and a page of another site only after a preflight that this route does not answer.
 * @see https://developers.google.com/identity/oauth2/web/guides/use-code-model#popup_mode
 */
const OF_A_SCRIPT = 'XmlHttpRequest'

/**
 * Checks that this request can sign in or connect, before the code is exchanged. The function that it returns does so with the
 * credentials, and returns what the caller is told.
 */
export type Prepare = (request: FastifyRequest) => (credentials: OAuth2Credentials) => Promise<object>

export interface CodeRouteParts {
  flow: OAuth2WebServerFlow
  claims: Claims
  origins: RequestOrigins
  codes: Settings['codes']
  prepare: Prepare
}

/**
 * `POST /auth/code`: takes a code that Google's script got in a popup, or an app on a phone. Such a code has no state, nonce or
 * PKCE. The route checks instead where the request comes from, and that the code is used once.
 */
export function codeRoute({ flow, claims, origins, codes, prepare }: CodeRouteParts) {
  const limit = createExchangeLimit(MOST_EXCHANGES)

  const exchange = async (code: string, redirectUri: '' | 'postmessage'): Promise<OAuth2Credentials> => {
    const name = claimName('code', code)
    if (!(await claims.claim(name, CLAIM_MS))) throw new FlowExchangeError('used', 'code')
    try {
      return await flow.exchangeCodeWithoutPkce(code, redirectUri)
    } catch (error) {
      // The caller is asked to try again, and Google may take the code then.
      if (error instanceof FlowExchangeError && error.fault === 'trouble')
        await claims.release(name).catch(() => undefined)
      throw error
    }
  }

  return async (request: FastifyRequest): Promise<PlainResponse> => {
    const { code, from } = (request.body ?? {}) as Record<string, unknown>
    const isMobile = from === 'mobile'
    const isTaken = isMobile ? codes.mobile : from === undefined && codes.popup
    if (!isTaken) throw new FlowExchangeError('not_taken_here', 'code')
    const isByScript = request.headers['x-requested-with'] === OF_A_SCRIPT && origins.isSurelyOurs(request)
    if (isMobile ? origins.isFromBrowser(request) : !isByScript) throw new CrossSiteError()
    if (typeof code !== 'string' || code === '' || code.length > MAX_CODE_LENGTH)
      throw new FlowExchangeError('code_missing', 'code')
    const finish = prepare(request)
    return answered(await finish(await limit(() => exchange(code, isMobile ? '' : 'postmessage'))))
  }
}
