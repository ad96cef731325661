import type { FastifyReply, FastifyRequest } from 'fastify'
import { ReturnToError } from '../../core/errors/sign-in.js'
import type { OAuth2WebServerFlow } from '../../core/flow/flow.js'
import { mergeScopes, missingFrom } from '../../core/token/scopes.js'
import { redirectTo, type PlainResponse } from '../http/error-responses.js'
import { queryOf } from '../http/navigation.js'
import type { RequestOrigins } from '../http/request-origin.js'
import type { AttemptCookies, HeldAttempt } from './attempt-cookies.js'
import { sha256 } from '../../core/lib/sha256.js'
import { OR_DEFAULT, type StartUrls } from './start-url.js'

const PROMPT = /^(none|consent|select_account|consent select_account|select_account consent)$/
/** The longest e-mail address or `sub`. */
const MAX_HINT_LENGTH = 320
/** Scopes that identify the user. They are asked with all others, so that the ID token names the account that answered. */
const IDENTITY = ['openid', 'email', 'profile']

/** What Google is asked, and what the browser keeps for the return. */
export interface Asked {
  scopes: readonly string[]
  prompt?: string | undefined
  loginHint?: string | undefined
  includeGrantedScopes?: boolean
  held: Omit<HeldAttempt, 'attempt'>
}

/** The response that sends the browser to the authorize URL, with an attempt in a cookie. Nothing is stored. */
export type GoToGoogle = (request: FastifyRequest, reply: FastifyReply, asked: Asked) => Promise<PlainResponse>

/** `flowOf` gives the flow of an attempt: signing in may be limited to a domain, and adding an account not. */
export function createGoToGoogle(
  flowOf: (held: Asked['held']) => OAuth2WebServerFlow,
  attempts: AttemptCookies
): GoToGoogle {
  return async (request, reply, { held, ...params }) => {
    const { url, attempt } = await flowOf(held).step1GetAuthorizeUrl(params)
    attempts.put(request, reply, { attempt, ...held })
    return redirectTo(url)
  }
}

export interface StartParts {
  flow: OAuth2WebServerFlow
  urls: StartUrls
  origins: RequestOrigins
  goToGoogle: GoToGoogle
  /** What a request to connect an account asks. */
  connectQuestion: ConnectQuestion
}

/** What a request asks that connects an account; `null` for a request that signs in. Throws for nobody. */
export type ConnectQuestion = (request: FastifyRequest, asked: StartQuery) => Promise<Asked | null>

/** The checked query of the start route. */
export interface StartQuery {
  returnTo: string
  scopes: string[]
  loginHint: string | undefined
}

/** `GET /auth/start`: sends the browser to Google. */
export function startRoute({ flow, urls, origins, goToGoogle, connectQuestion }: StartParts) {
  /** What a sign-in asks. */
  const signInQuestion = (request: FastifyRequest, { returnTo, scopes, loginHint }: StartQuery): Asked => {
    const user = request.googleUser
    // A request for more access does not ask again for scopes that the user refused at sign-in.
    const additional = user !== null && missingFrom(user.scopes, scopes).length > 0
    const always = additional ? flow.scopes.filter((scope) => IDENTITY.includes(scope)) : flow.scopes
    const prompt = hint(queryOf(request).get('prompt'), (value) => PROMPT.test(value))
    // Only this site can ask for a silent sign-in: a page of another site must not start one.
    const silent = prompt === 'none' && origins.of(request) !== 'foreign'
    return {
      scopes: mergeScopes(always, scopes),
      prompt: prompt === 'none' && !silent ? undefined : prompt,
      loginHint,
      held: {
        returnTo,
        ...(user !== null && scopes.length > 0 ? { askedOf: sha256(user.sub) } : {}),
        ...(silent ? { silent } : {}),
        ...(prompt?.includes('select_account') ? { fresh: true as const } : {})
      }
    }
  }

  return async (request: FastifyRequest, reply: FastifyReply): Promise<PlainResponse> => {
    const query = queryOf(request)
    const question = {
      returnTo: urls.returnTo(query.get('return_to')),
      scopes: urls.declared(query.get('scope') ?? ''),
      loginHint: hint(query.get('login_hint'), (value) => value.length <= MAX_HINT_LENGTH)
    }
    const asked = (await connectQuestion(request, question)) ?? signInQuestion(request, question)
    try {
      return await goToGoogle(request, reply, asked)
    } catch (error) {
      // `return_to` is too long for the space that other attempts leave. A guard goes on without it.
      if (!(error instanceof ReturnToError) || !query.has(OR_DEFAULT)) throw error
      return goToGoogle(request, reply, { ...asked, held: { ...asked.held, returnTo: urls.returnTo(null) } })
    }
  }
}

/** `value`, or `undefined` when it makes no sense: hints are optional. */
function hint(value: string | null, makesSense: (value: string) => boolean): string | undefined {
  return value !== null && value !== '' && makesSense(value) ? value : undefined
}
