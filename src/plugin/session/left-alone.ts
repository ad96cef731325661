import type { FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `false`: this route has nothing to do with sessions, such as a health check or a static file. No session is read for
     * it: nobody is signed in there, and `request.session` of the plugin's own sessions is `null`.
     */
    googleAuth?: false
  }
}

/** Whether the route of a request has `config: { googleAuth: false }`. */
export function isLeftAlone(request: FastifyRequest): boolean {
  return request.routeOptions.config.googleAuth === false
}
