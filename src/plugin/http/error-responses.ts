import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorExtensions, GoogleAuthError } from '../../core/errors/base.js'
import type { Settings } from '../options/options.js'
import type { ErrorPage } from '../types/options.js'
import type { GoogleUser } from '../types/user.js'
import { Pages } from './error-page.js'
import { isNavigation } from './navigation.js'

// Not an import, which would load Node's `fetch` with it (from Node 22 on) and so set its global dispatcher.
const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** A response as plain data: sent at once by a route, or put instead of another one behind a handler. */
export interface PlainResponse {
  statusCode: number
  headers: Record<string, string>
  body: string
}

/** What a response shows in addition to its error. */
export interface ErrorFacts {
  /** The path on which the user can try again. */
  authorizeUrl?: string
  /** The text of the link to it. Default: by the kind of error. */
  label?: string
  missingScopes?: string[]
  user?: GoogleUser | null
}

/** An account that was connected instead of another one. */
export interface OtherAccount {
  chosen: string
  wanted: string
  tryAgainUrl: string
  continueUrl: string
}

/** For responses that are for one user at one time. Their URLs can hold secrets, so no `Referer` is sent. */
export const PRIVATE_HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff'
}

/** An error of this package, or of a hook of the app. */
type CodedError = Error & { code?: string; statusCode?: number }

export function redirectTo(location: string, statusCode = 302): PlainResponse {
  return { statusCode, headers: { ...PRIVATE_HEADERS, location }, body: '' }
}

export function send(reply: FastifyReply, { statusCode, headers, body }: PlainResponse): FastifyReply {
  return reply.code(statusCode).headers(headers).send(body)
}

/** Makes the responses to errors: JSON for API clients, a page for browsers. */
export class ErrorResponses {
  readonly #homeUrl: string
  readonly #ownPage: ErrorPage | undefined
  readonly #pages: Pages

  constructor({ defaultReturnTo, brand, given }: Settings) {
    this.#pages = new Pages(brand)
    this.#homeUrl = defaultReturnTo
    this.#ownPage = given.errorPage
  }

  /** JSON, also for a browser. */
  forApi(error: unknown, facts: ErrorFacts = {}): PlainResponse {
    const known: CodedError = error instanceof Error ? error : new Error('Unknown error')
    const statusCode = statusOf(known)
    const headers = {
      ...PRIVATE_HEADERS,
      ...(known instanceof GoogleAuthError ? known.headers : {}),
      'content-type': 'application/json; charset=utf-8'
    }
    return { statusCode, headers, body: asJson(known, statusCode, facts) }
  }

  forError(request: FastifyRequest, reply: FastifyReply, error: unknown, facts: ErrorFacts = {}): PlainResponse {
    const known: CodedError = error instanceof Error ? error : new Error('Unknown error')
    const statusCode = statusOf(known)
    const headers = { ...PRIVATE_HEADERS, ...(known instanceof GoogleAuthError ? known.headers : {}) }
    if (!isNavigation(request)) return this.forApi(error, facts)
    const own = this.#ownPageFor(known, request, reply)
    if (own !== null) return { statusCode, headers: { ...headers, 'content-type': HTML }, body: own }
    const { label, ...words } = wordsOf(known, statusCode)
    const { user } = facts
    const body = this.#pages.error({
      ...words,
      statusCode,
      code: known.code ?? 'ERROR',
      homeUrl: this.#homeUrl,
      tryAgainLabel: facts.label ?? label,
      ...(facts.missingScopes ? { missingScopes: facts.missingScopes } : {}),
      ...(facts.authorizeUrl === undefined ? {} : { tryAgainUrl: facts.authorizeUrl }),
      ...(user ? { signedInAs: nameOf(user) } : {})
    })
    return { statusCode, headers: { ...headers, ...this.#pageHeaders(request) }, body }
  }

  /** The page that says that another user is signed in now. `before` is the name of the user who was signed in. */
  replaced(request: FastifyRequest, before: string, user: GoogleUser): PlainResponse {
    const now = nameOf(user)
    const message = `You answered as ${now}. You are now signed in as ${now}, and no longer as ${before}.`
    const body = this.#pages.notice({ title: 'You changed accounts', message, continueUrl: request.url })
    return { statusCode: 200, headers: { ...PRIVATE_HEADERS, ...this.#pageHeaders(request) }, body }
  }

  /** The page that says that another account was connected than the one that is needed. */
  anotherAccount(request: FastifyRequest, { chosen, wanted, tryAgainUrl, continueUrl }: OtherAccount): PlainResponse {
    const message = `You connected ${chosen}. This app needs ${wanted}. Connect that one as well, or go on.`
    const body = this.#pages.notice({ title: 'You chose another account', message, tryAgainUrl, continueUrl })
    return { statusCode: 200, headers: { ...PRIVATE_HEADERS, ...this.#pageHeaders(request) }, body }
  }

  #pageHeaders(request: FastifyRequest): Record<string, string> {
    const framed = /^(iframe|frame|embed|object)$/.test(String(request.headers['sec-fetch-dest']))
    return { 'content-type': HTML, 'content-security-policy': this.#pages.policy(framed ? "'self'" : "'none'") }
  }

  /** The page of the option `errorPage`; `null` without the option, or when it threw: the built-in page is sent then. */
  #ownPageFor(error: CodedError, request: FastifyRequest, reply: FastifyReply): string | null {
    try {
      return this.#ownPage?.(error, request, reply) ?? null
    } catch (thrown) {
      request.log.error({ err: thrown }, 'The option errorPage failed')
      return null
    }
  }
}

/** The name of a user on a page. */
export function nameOf({ email, name, sub }: GoogleUser): string {
  return email ?? name ?? sub
}

const HTML = 'text/html; charset=utf-8'

/** The facts count before those of the error itself. */
function asJson(error: CodedError, statusCode: number, facts: ErrorFacts): string {
  const message = messageOf(error, statusCode)
  const own: Partial<ErrorExtensions> = error instanceof GoogleAuthError ? error.extensions : {}
  const reason = error instanceof GoogleAuthError && 'reason' in error ? error.reason : undefined
  const { authorizeUrl = own.authorizeUrl, missingScopes = own.missingScopes } = facts
  const name = STATUS_CODES[statusCode]
  return JSON.stringify({ statusCode, code: error.code, error: name, message, reason, authorizeUrl, missingScopes })
}

function statusOf({ statusCode }: { statusCode?: number }): number {
  return statusCode !== undefined && statusCode >= 400 && statusCode < 600 ? statusCode : 500
}

/** The message for the response. An unknown error of 500 or above is for the log only. */
function messageOf(error: CodedError, statusCode: number): string {
  return statusCode >= 500 && !(error instanceof GoogleAuthError) ? 'Something went wrong.' : error.message
}

interface Words {
  title: string
  /** In place of the message of the error, which is for developers. */
  message?: string
  /** The text of the link to try again. */
  label?: string
}

const WORDS: Record<string, Words> = {
  GOOGLE_AUTH_LOGIN_REQUIRED: { title: 'Please sign in', label: 'Sign in' },
  GOOGLE_AUTH_GRANT_LOST: {
    title: 'Please give access again',
    message: 'Google has ended the access that you gave. Nothing else is lost.',
    label: 'Give access again'
  },
  GOOGLE_AUTH_SCOPE_REQUIRED: {
    title: 'More access is needed',
    message: 'This page needs something that you have not allowed yet.',
    label: 'Allow access'
  },
  GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED: {
    title: 'Connect your Google account',
    message: 'This page needs a Google account that is not connected yet.',
    label: 'Connect Google'
  },
  GOOGLE_AUTH_OWNER_MISMATCH: {
    title: 'Please start again',
    message: 'This was begun for another user of this app, or you are signed out. Nothing was connected.'
  },
  GOOGLE_AUTH_AUTHORIZATION: { title: 'Access was not granted', label: 'Allow access' },
  GOOGLE_AUTH_RETURN_TO: {
    title: 'This link does not work',
    message: 'It leads to a page that is not part of this site. Start from the home page.'
  },
  GOOGLE_AUTH_SCOPE_NOT_DECLARED: {
    title: 'This link does not work',
    message: 'It asks for access that this app does not use. Start from the home page.'
  },
  GOOGLE_AUTH_LOGIN_ATTEMPT: { title: 'Please start again', label: 'Start again' },
  GOOGLE_AUTH_HOSTED_DOMAIN: { title: 'This account cannot sign in here', label: 'Use another account' },
  GOOGLE_AUTH_EMAIL_NOT_ALLOWED: { title: 'This account cannot see this page', label: 'Use another account' },
  GOOGLE_AUTH_SIGN_IN_TOO_OLD: {
    title: 'Please sign in again',
    message: 'This page needs a fresh sign-in. Choose your account once more.',
    label: 'Sign in again'
  },
  GOOGLE_AUTH_CROSS_SITE: {
    title: 'That did not work',
    message: 'This request came from another site and was refused. Go back to this app, and try again.'
  },
  GOOGLE_AUTH_CSRF: {
    title: 'That did not work',
    message: 'This sign-in did not begin on a page of this site, or cookies are blocked. Go back, and try again.'
  },
  GOOGLE_AUTH_ID_TOKEN: { title: 'That did not work', message: 'What Google sent could not be verified. Try again.' }
}

const TROUBLE: Words = {
  title: 'That did not work just now',
  message: 'Something does not work at the moment. Nothing is lost. Try again in a little while.'
}

/** Of a rate limit of the app, whose message says how long. */
const TOO_MANY: Words = { title: 'Too many tries. Wait a little.' }

function wordsOf(error: CodedError, statusCode: number): Required<Words> {
  const byStatus = statusCode >= 500 ? TROUBLE : statusCode === 429 ? TOO_MANY : { title: 'That did not work' }
  const words = WORDS[error.code ?? ''] ?? byStatus
  return { message: messageOf(error, statusCode), label: 'Try again', ...words }
}
