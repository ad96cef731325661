import type { FastifyReply, FastifyRequest } from 'fastify'
import type { OAuth2WebServerFlow } from '../../core/flow/flow.js'
import { mergeScopes, missingFrom } from '../../core/token/scopes.js'
import { redirectTo, type Answer } from '../http/error-responses.js'
import type { AttemptCookies, HeldAttempt } from './attempt-cookies.js'
import { queryOf } from '../http/navigation.js'
import type { StartUrls } from './start-url.js'

const PROMPT = /^(none|consent|select_account|consent select_account|select_account consent)$/
/** Longest address or `sub`. */
const MAX_HINT_LENGTH = 320
/** What identifies the user; asked along with other scopes, so that the ID token says who answered. */
const IDENTITY = ['openid', 'email', 'profile']

export interface StartParts {
  flow: OAuth2WebServerFlow
  urls: StartUrls
  attempts: AttemptCookies
}

/** `GET /auth/start`: gives the browser a login attempt to keep, and sends it to the authorize URL. Writes nothing to the store. */
export function startRoute({ flow, urls, attempts }: StartParts) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<Answer> => {
    const query = queryOf(request)
    const returnTo = urls.returnTo(query.get('return_to'))
    const more = urls.declared(query.get('scope') ?? '')
    const signedIn = request.googleUser
    // A user who is asked for more is not asked again for what they refused at sign-in.
    const additional = signedIn !== null && missingFrom(signedIn.scopes, more).length > 0
    const always = additional ? flow.scopes.filter((scope) => IDENTITY.includes(scope)) : flow.scopes
    return goToGoogle({ flow, attempts }, request, reply, {
      scopes: mergeScopes(always, more),
      prompt: hint(query.get('prompt'), (value) => PROMPT.test(value)),
      loginHint: hint(query.get('login_hint'), (value) => value.length <= MAX_HINT_LENGTH),
      held: { returnTo, ...(signedIn !== null && more.length > 0 ? { askedFor: signedIn.sub } : {}) }
    })
  }
}

export interface Asked {
  scopes: readonly string[]
  prompt?: string | undefined
  loginHint?: string | undefined
  held: Omit<HeldAttempt, 'attempt'>
}

/** The answer that sends the browser to the authorize URL, an attempt in its cookies. */
export async function goToGoogle(
  { flow, attempts }: Pick<StartParts, 'flow' | 'attempts'>,
  request: FastifyRequest,
  reply: FastifyReply,
  { held, ...params }: Asked
): Promise<Answer> {
  const { url, attempt } = await flow.step1GetAuthorizeUrl(params)
  attempts.put(request, reply, { attempt, ...held })
  return redirectTo(url)
}

/** A hint that makes no sense is left out: it is only a hint. */
function hint(value: string | null, makesSense: (value: string) => boolean): string | undefined {
  return value !== null && value !== '' && makesSense(value) ? value : undefined
}
