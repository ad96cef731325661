import { validateAuthResponse } from 'oauth4webapi'
import { AuthorizationError, LoginAttemptError } from '../errors/sign-in.js'
import type { OAuthClient } from '../provider/client-authentication.js'
import { paramsOf, type Callback } from './callback-params.js'
import { ATTEMPT_LIFE_MS, type LoginAttempt } from './login-attempt.js'

/**
 * The parameters of a return that belongs to `attempt` and brings a code, as oauth4webapi takes them for the exchange. Throws a
 * `LoginAttemptError` when it does not belong to `attempt`, an `AuthorizationError` when Google answered with an error.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
 * @see https://www.rfc-editor.org/rfc/rfc9207
 */
export function checkAuthorizationResponse(
  callback: Callback,
  attempt: LoginAttempt,
  { clientId, provider: { issuers }, now }: Pick<OAuthClient, 'clientId' | 'provider' | 'now'>
): URLSearchParams {
  const params = paramsOf(callback)
  for (const name of ['state', 'code', 'error', 'iss']) {
    if (params.getAll(name).length > 1) throw new LoginAttemptError('malformed')
  }
  if (attempt.clientId !== clientId) throw new LoginAttemptError('forged')
  if (!params.has('state')) throw new LoginAttemptError('malformed')
  if (params.get('state') !== attempt.state) throw new LoginAttemptError('forged')
  if (!(attempt.createdAt > now() - ATTEMPT_LIFE_MS)) throw new LoginAttemptError('expired')
  const issuer = params.get('iss')
  const isMissing = issuer === null && attempt.issPromised === true
  if (isMissing || (issuer !== null && !issuers.includes(issuer))) throw new LoginAttemptError('issuer')
  const error = params.get('error')
  if (error !== null) throw new AuthorizationError(/^[a-z][a-z_]{0,63}$/.test(error) ? error : 'unknown_error')
  if (!params.get('code')) throw new LoginAttemptError('malformed')
  // Checked above: Google has two names, and oauth4webapi knows only one.
  params.delete('iss')
  const [issuerName = ''] = issuers
  const server = { issuer: issuerName, authorization_response_iss_parameter_supported: false }
  try {
    return validateAuthResponse(server, { client_id: clientId }, params, attempt.state)
  } catch (error) {
    throw new LoginAttemptError('malformed', error)
  }
}
