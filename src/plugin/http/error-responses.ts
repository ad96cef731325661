import type { FastifyReply, FastifyRequest } from 'fastify'
import { GoogleAuthError } from '../../core/errors/base.js'
import { ERROR_PAGE_CSP, errorPage, noticePage } from './error-page.js'
import { isNavigation } from './navigation.js'
import type { Settings } from '../options/options.js'
import type { ErrorPage } from '../types.js'

// Not an import, which would load Node's `fetch` with it (from Node 22 on) and so set its global dispatcher.
const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** An answer as plain data: sent at once by a route, or put in the place of another one behind a handler. */
export interface Answer {
  statusCode: number
  headers: Record<string, string>
  body: string
}

/** What goes with an error besides what it says itself. */
export interface ErrorFacts {
  /** The path on which the user can try again. */
  authorizeUrl?: string
  missingScopes?: string[]
}

/** These answers hold for one person at one time, and their URLs may say too much. */
export const PRIVATE_HEADERS = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }

/** One of ours, or whatever a hook of the app threw. */
type CodedError = Error & { code?: string; statusCode?: number }

export function redirectTo(location: string, statusCode = 302): Answer {
  return { statusCode, headers: { ...PRIVATE_HEADERS, location }, body: '' }
}

export function send(reply: FastifyReply, { statusCode, headers, body }: Answer): FastifyReply {
  return reply.code(statusCode).headers(headers).send(body)
}

/** Makes the answers to failures: JSON for API clients, a page for browsers. */
export class Answers {
  readonly #homeUrl: string
  readonly #ownPage: ErrorPage | undefined

  constructor({ defaultReturnTo, given }: Settings) {
    this.#homeUrl = defaultReturnTo
    this.#ownPage = given.errorPage
  }

  forError(request: FastifyRequest, reply: FastifyReply, error: unknown, facts: ErrorFacts = {}): Answer {
    const known: CodedError = error instanceof Error ? error : new Error('Unknown error')
    const statusCode = statusOf(known)
    const headers = { ...PRIVATE_HEADERS, ...(known instanceof GoogleAuthError ? known.headers : {}) }
    if (!isNavigation(request)) {
      return {
        statusCode,
        headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
        body: asJson(known, statusCode, facts)
      }
    }
    const html = { 'content-type': 'text/html; charset=utf-8' }
    const own = this.#ownPageFor(known, request, reply)
    if (own !== null) return { statusCode, headers: { ...headers, ...html }, body: own }
    const user = request.googleUser
    const body = errorPage({
      ...wordsOf(known, statusCode),
      statusCode,
      code: known.code ?? 'ERROR',
      homeUrl: this.#homeUrl,
      ...(facts.missingScopes ? { missingScopes: facts.missingScopes } : {}),
      ...(facts.authorizeUrl === undefined ? {} : { tryAgainUrl: facts.authorizeUrl }),
      ...(user === null ? {} : { signedInAs: user.email ?? user.name ?? user.sub })
    })
    return { statusCode, headers: { ...headers, ...html, 'content-security-policy': ERROR_PAGE_CSP }, body }
  }

  /** The app's page; `null` where it has none, or where that failed: the visitor gets ours then. */
  #ownPageFor(error: CodedError, request: FastifyRequest, reply: FastifyReply): string | null {
    try {
      return this.#ownPage?.(error, request, reply) ?? null
    } catch (thrown) {
      request.log.error({ err: thrown }, 'The option errorPage failed')
      return null
    }
  }

  /** A page that says that the session now belongs to another user than the one who was asked. */
  replaced(before: string, now: string, continueUrl: string): Answer {
    const message = `You answered as ${now}. You are now signed in as ${now}, and no longer as ${before}.`
    const headers = {
      ...PRIVATE_HEADERS,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': ERROR_PAGE_CSP
    }
    return { statusCode: 200, headers, body: noticePage({ title: 'You changed accounts', message, continueUrl }) }
  }
}

function asJson(error: CodedError, statusCode: number, facts: ErrorFacts): string {
  const message = messageOf(error, statusCode)
  const reason = error instanceof GoogleAuthError && 'reason' in error ? { reason: error.reason } : {}
  return JSON.stringify({ statusCode, code: error.code, error: STATUS_CODES[statusCode], message, ...reason, ...facts })
}

function statusOf({ statusCode }: { statusCode?: number }): number {
  return statusCode !== undefined && statusCode >= 400 && statusCode < 600 ? statusCode : 500
}

/** What an unknown error of ours or of the app says about its inside is for the log alone. */
function messageOf(error: CodedError, statusCode: number): string {
  return statusCode >= 500 && !(error instanceof GoogleAuthError) ? 'Something went wrong.' : error.message
}

/** What a person reads: title, and words in the place of a message that was written for developers. */
const WORDS: Record<string, [title: string, message?: string]> = {
  GOOGLE_AUTH_LOGIN_REQUIRED: ['Please sign in'],
  GOOGLE_AUTH_GRANT_LOST: [
    'Please sign in again',
    'Google has ended the access that you gave. Sign in to give it again.'
  ],
  GOOGLE_AUTH_SCOPE_REQUIRED: [
    'More access is needed',
    'This page needs something that you have not allowed yet. You are still signed in.'
  ],
  GOOGLE_AUTH_AUTHORIZATION: ['Access was not granted'],
  GOOGLE_AUTH_LOGIN_ATTEMPT: ['Please start again'],
  GOOGLE_AUTH_HOSTED_DOMAIN: ['This account cannot sign in here'],
  GOOGLE_AUTH_ID_TOKEN: ['That did not work', 'What Google sent could not be verified. Try again.']
}

const TROUBLE: [title: string, message: string] = [
  'That did not work just now',
  'Something on the way to Google does not work at the moment. Nothing is lost; try again in a little while.'
]

function wordsOf(error: CodedError, statusCode: number): { title: string; message: string } {
  const [title, message] = WORDS[error.code ?? ''] ?? (statusCode >= 500 ? TROUBLE : ['That did not work'])
  return { title, message: message ?? messageOf(error, statusCode) }
}
