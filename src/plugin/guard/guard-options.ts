import type { FastifyReply, FastifyRequest } from 'fastify'
import { scopeList } from '../../core/token/scopes.js'
import type { GoogleUser } from '../types/user.js'
import { checkAllowed, type AllowedUsers } from './allowed-users.js'

/** Options of `app.googleAuth.required()`. */
export interface GuardOptions {
  /** Scopes that the user must have granted. */
  scopes?: string | readonly string[]
  /**
   * The account that must be connected: its `sub`. Default: the account of the signed-in user, or the default account of the
   * owner.
   * @param request The request.
   */
  account?: (request: FastifyRequest) => string
  /**
   * The addresses of those who may pass, in any case; they count only where Google has verified them. With `hostedDomain`, those
   * of the domain pass too. With the option `owner` only beside `bearer: true`.
   */
  emails?: readonly string[]
  /**
   * The Google Workspace domain of those who may pass, a list of such, or `'*'` for any. With `emails`, those of the list pass too.
   * With the option `owner` only beside `bearer: true`.
   */
  hostedDomain?: string | readonly string[]
  /**
   * How long ago the sign-in may be, in seconds. An older one is asked for again, once. Google asks a user who is signed in at
   * Google for no password, so this shows that the user is there, and no more.
   */
  signedInWithin?: number
  /**
   * `true`: the route also takes an ID token of Google as `Authorization: Bearer`, of a mobile app or of a service such as Cloud
   * Scheduler. It needs the option `bearer`. No request to this route is redirected.
   */
  bearer?: boolean
}

/* eslint-disable @typescript-eslint/no-explicit-any -- `any` stands for what the types of a server and of a route make of these. */
/**
 * The hook of a guarded route, in an app of any server: http, https or HTTP/2.
 * @param request The request.
 * @param reply The reply.
 */
export type GuardHook = (
  request: FastifyRequest<any, any, any, any, any, any, any>,
  reply: FastifyReply<any, any, any, any, any, any, any>
) => Promise<unknown>
/* eslint-enable @typescript-eslint/no-explicit-any */

/** What a guard needs. */
export interface Guarded {
  scopes: string[]
  account: ((request: FastifyRequest) => string) | undefined
  /** Default: all users. */
  allowed?: AllowedUsers | undefined
  /** Default: however long ago. */
  signedInWithinMs?: number | undefined
  /** Whether bearer tokens are taken. Then no request is redirected. */
  bearer: boolean
}

/** The hooks of a route that can be a guard. */
export const HOOKS = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

export const HOW =
  'Call it with an object: { onRequest: app.googleAuth.required({ scopes: [...] }) }, or required() for no scopes.'

const KNOWN = new Set(['scopes', 'account', 'emails', 'hostedDomain', 'signedInWithin', 'bearer'])

/** The checked options. Throws a `TypeError` for other arguments, which would otherwise guard nothing. */
export function guardedBy(options: unknown): Guarded {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`googleAuth.required() takes an object of options, not ${describe(options)}. ${HOW}`)
  }
  for (const name of Object.keys(options)) {
    if (!KNOWN.has(name)) throw new TypeError(`googleAuth.required() has no option ${name}. ${HOW}`)
  }
  const { scopes = [], account, signedInWithin, bearer = false } = options as Record<keyof GuardOptions, unknown>
  const valid =
    typeof scopes === 'string' || (Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string'))
  if (!valid) throw new TypeError(`The option scopes of googleAuth.required() must be a list of scopes. ${HOW}`)
  if (account !== undefined && typeof account !== 'function') {
    throw new TypeError(
      'The option account of googleAuth.required() must be a function that gives the sub of an account. Pass for example { account: (request) => request.params.account }.'
    )
  }
  const within = signedInWithin === undefined || (typeof signedInWithin === 'number' && signedInWithin > 0)
  if (!within || 'signedInWithin' in options !== (signedInWithin !== undefined)) {
    throw new TypeError(
      'The option signedInWithin of googleAuth.required() must be a number of seconds above 0. Pass for example { signedInWithin: 600 }.'
    )
  }
  if (typeof bearer !== 'boolean')
    throw new TypeError('The option bearer of googleAuth.required() must be true, or left out.')
  return {
    scopes: scopeList(scopes),
    account: account as Guarded['account'],
    allowed: checkAllowed(options),
    signedInWithinMs: signedInWithin === undefined ? undefined : signedInWithin * 1000,
    bearer
  }
}

/** Whether the user signed in too long ago for a guard. */
export function isTooOld({ signedInAt }: GoogleUser, { signedInWithinMs = Infinity }: Guarded): boolean {
  return Date.now() - signedInAt > signedInWithinMs
}

function describe(value: unknown): string {
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`
}
