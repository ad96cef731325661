import type { FastifyRequest, RouteOptions } from 'fastify'
import { bearerTokenOf } from '../http/bearer-token.js'

/** Marks a route that takes bearer tokens: of `all` users, or of those that a list of its guards names. */
const TAKES_BEARER = Symbol('takes bearer tokens')

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `false`: this route has nothing to do with sessions, such as a health check or a static file. No session is read for
     * it: nobody is signed in there, and `request.session` of the plugin's own sessions is `null`.
     */
    googleAuth?: false
    [TAKES_BEARER]?: 'all' | 'listed'
  }
}

/** Whether the route of a request has `config: { googleAuth: false }`. */
export function isLeftAlone(request: FastifyRequest): boolean {
  return request.routeOptions.config.googleAuth === false
}

/** Marks a route on which a bearer token counts instead of a session. `isListed`: one of its guards has a list of addresses. */
export function markAsBearerRoute(route: RouteOptions, isListed: boolean): void {
  route.config = { ...route.config, [TAKES_BEARER]: isListed ? 'listed' : 'all' }
}

/** Whether the route of a request takes bearer tokens. Guards of a whole scope are not seen. */
export function takesBearerTokens(request: FastifyRequest): boolean {
  return request.routeOptions.config[TAKES_BEARER] !== undefined
}

/** Whether a guard of the route itself has a list of the addresses whose tokens count. */
export function takesListedTokens(request: FastifyRequest): boolean {
  return request.routeOptions.config[TAKES_BEARER] === 'listed'
}

/** Whether no session is read for a request: its route is left alone, or a bearer token says whose request it is. */
export function hasNoSession(request: FastifyRequest): boolean {
  const { config } = request.routeOptions
  return config.googleAuth === false || (config[TAKES_BEARER] !== undefined && bearerTokenOf(request) !== null)
}
