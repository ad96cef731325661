import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Claims } from '../../claims/claims.js'
import { firstUse } from '../../claims/once.js'
import { isSameText } from '../../core/lib/same-text.js'
import { CsrfTokenError } from '../../core/errors/cross-site.js'
import { VerifyJwtTokenError } from '../../core/errors/id-token.js'
import type { OAuth2WebServerFlow } from '../../core/flow/flow.js'
import type { IdTokenClaims } from '../../core/provider/id-token-claims.js'
import { redirectTo, type PlainResponse } from '../http/error-responses.js'
import { queryOf } from '../http/navigation.js'
import type { RequestOrigins } from '../http/request-origin.js'
import type { Agree } from '../sign-in/admit.js'
import { reportSignIn } from '../sign-in/report.js'
import type { Settle } from '../sign-in/settle.js'
import type { StartUrls } from '../sign-in/start-url.js'
import { userFrom } from '../principal/user.js'
import { answered } from './answered.js'
import { NONCE_LIFE_MS, type OneTapNonces } from './one-tap-nonces.js'

/** A credential is used at once. An older one was kept by somebody. */
const MAX_AGE_MS = 300_000
/** Google's name for both the cookie and the field. */
const CSRF = 'g_csrf_token'

export interface CredentialRouteParts {
  flow: OAuth2WebServerFlow
  agree: Agree
  settle: Settle
  claims: Claims
  nonces: OneTapNonces
  origins: RequestOrigins
  urls: StartUrls
  /** For the clocks of Google and of this server. */
  clockToleranceMs: number
}

/**
 * `POST /auth/credential`: signs in the user of an ID token that Google's button or One Tap has posted, as a form or as JSON. The
 * user has no credentials for APIs yet: the first guard that needs some asks for them.
 * @see https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
 */
export function credentialRoute(parts: CredentialRouteParts) {
  const { flow, agree, settle, claims, nonces, origins, urls, clockToleranceMs } = parts

  /** When this credential is too old. Throws a `VerifyJwtTokenError` when it is, and for a token that is not for this door. */
  const endOf = ({ iat, at_hash: atHash }: IdTokenClaims): number => {
    // Only the code flow gives that. Its tokens come by the return, and not here.
    if (atHash !== undefined) throw new VerifyJwtTokenError('type', 'at_hash')
    const endsAt = iat * 1000 + MAX_AGE_MS + clockToleranceMs
    if (endsAt < Date.now()) throw new VerifyJwtTokenError('expired', 'iat')
    return endsAt
  }

  const use = async (credential: string, endsAt: number): Promise<void> => {
    // What is signed, because there are several ways to write one signature.
    const signed = credential.slice(0, credential.lastIndexOf('.'))
    const lifeMs = endsAt + clockToleranceMs - Date.now()
    if (!(await firstUse(claims, 'credential', signed, lifeMs))) throw new VerifyJwtTokenError('used')
  }

  return async (request: FastifyRequest, reply: FastifyReply): Promise<PlainResponse> => {
    const returnTo = urls.returnTo(queryOf(request).get('return_to'))
    const { credential } = checkedFields(request, origins)
    if (typeof credential !== 'string') throw new VerifyJwtTokenError('malformed')
    const verified = await flow.verifyIdToken(credential, { anyAuthorizedParty: true })
    const endsAt = endOf(verified)
    const { nonce } = verified
    nonces.take(request, reply, nonce)
    if (nonce !== undefined && !(await firstUse(claims, 'nonce', nonce, NONCE_LIFE_MS)))
      throw new VerifyJwtTokenError('used', 'nonce')
    await use(credential, endsAt)
    const user = userFrom(verified, identityScopes(verified), Date.now())
    await agree(request, user)
    await settle(request, user, { scopes: [], keepsTime: false })
    reportSignIn(request, 'sign-in', { owner: user.sub, account: user.sub })
    return isJson(request) ? answered({ user }) : redirectTo(returnTo, 303)
  }
}

/** The fields of the body. Throws a `CsrfTokenError` unless a page of this site, or Google's script on one, has asked for them. */
function checkedFields(request: FastifyRequest, origins: RequestOrigins): Record<string, unknown> {
  const fields = (request.body ?? {}) as Record<string, unknown>
  const { [CSRF]: field } = fields
  if (isJson(request) && field === undefined) {
    if (!origins.isSurelyOurs(request)) throw new CsrfTokenError()
  } else if (!isSame(field, request.cookies[CSRF])) throw new CsrfTokenError()
  return fields
}

function isSame(field: unknown, cookie: string | undefined): boolean {
  return typeof field === 'string' && field !== '' && cookie !== undefined && isSameText(field, cookie)
}

function isJson(request: FastifyRequest): boolean {
  return /^application\/json\b/i.test(request.headers['content-type'] ?? '')
}

/** What the ID token shows to be granted. */
function identityScopes({ email, name }: IdTokenClaims): string[] {
  return ['openid', ...(email === undefined ? [] : ['email']), ...(name === undefined ? [] : ['profile'])]
}
