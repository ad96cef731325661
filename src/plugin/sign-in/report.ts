import type { FastifyReply, FastifyRequest } from 'fastify'
import { CHANNELS, type SignInFacts } from '../../core/channels.js'
import { GoogleAuthError } from '../../core/errors/base.js'
import { traced } from '../../core/lib/traced.js'
import type { GrantRef } from '../../core/storage/storage.js'
import { EVENT } from '../log-events.js'

/** What a return from Google was for. */
export type ReturnKind = 'sign-in' | 'connect'

const OUTCOME = { 'sign-in': 'signed-in', connect: 'connected' }
const DONE = { 'sign-in': 'A user signed in', connect: 'An account was connected' }
const ASKED = { 'sign-in': 'A sign-in', connect: 'A request to connect an account' }

/** The facts of returns under way, while somebody watches. */
const watched = new WeakMap<FastifyRequest, SignInFacts>()

/** `handler` of returns, for those who watch them. */
export function watchReturns<T>(handler: ReturnHandler<T>): ReturnHandler<T> {
  return (request, reply) => {
    if (!CHANNELS.signIn.hasSubscribers) return handler(request, reply)
    const facts: SignInFacts = {}
    watched.set(request, facts)
    return traced(
      CHANNELS.signIn,
      facts,
      () => handler(request, reply),
      () => (facts.outcome ??= 'unchanged')
    )
  }
}

type ReturnHandler<T> = (request: FastifyRequest, reply: FastifyReply) => Promise<T>

function tellWatchers(request: FastifyRequest, facts: SignInFacts): void {
  const known = watched.get(request)
  if (known !== undefined) Object.assign(known, facts)
}

/** Reports a return that signed a user in, or connected an account. */
export function reportSignIn(request: FastifyRequest, kind: ReturnKind, { owner, account }: GrantRef): void {
  tellWatchers(request, { outcome: OUTCOME[kind], kind, owner, account })
  request.log.info({ event: EVENT.signIn, kind, owner, account }, DONE[kind])
}

/** Whether a hook threw the error. */
function isOfTheApp(error: Error): boolean {
  return !(error instanceof GoogleAuthError)
}

/** Whether the app refused the user, rather than failed. */
function isRefusal(error: Error): boolean {
  const { statusCode } = error as { statusCode?: unknown }
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
}

/** Reports why a return failed. Throws an error of the app that the app must answer itself. */
export function reportOrRethrow(request: FastifyRequest, kind: ReturnKind, error: Error): void {
  if (isOfTheApp(error) && !isRefusal(error)) throw error
  reportRefusal(request, kind, error)
}

/** Whether the same account would be refused again. */
export function isAboutTheAccount(error: Error): boolean {
  return !(error instanceof GoogleAuthError) || error.code === 'GOOGLE_AUTH_HOSTED_DOMAIN'
}

/** Reports a return that was refused, or failed. */
function reportRefusal(request: FastifyRequest, kind: ReturnKind, error: Error): void {
  const failed = error instanceof GoogleAuthError && error.statusCode >= 500
  const { code, reason } = namesOf(error)
  tellWatchers(request, { outcome: failed ? 'failed' : 'refused', kind, code, reason })
  request.log[failed ? 'error' : 'info'](
    { event: EVENT.signInRefused, kind, code, reason, err: error },
    `${ASKED[kind]} ${failed ? 'failed' : 'was refused'}`
  )
}

/** The code and the reason of an error. The app's own errors have at least a status. */
function namesOf(error: Error): { code: string; reason: string } {
  const { code, statusCode, reason } = error as { code?: unknown; statusCode?: unknown; reason?: unknown }
  if (!(error instanceof GoogleAuthError)) {
    return { code: typeof code === 'string' ? code : String(statusCode), reason: 'refused_by_app' }
  }
  const named = typeof reason === 'string' ? reason : error.code.replace('GOOGLE_AUTH_', '').toLowerCase()
  return { code: error.code, reason: named }
}
