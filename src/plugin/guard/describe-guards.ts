import type { FastifyInstance } from 'fastify'
import { HOOKS } from './guard-options.js'

/**
 * Names the security scheme `securityScheme` in the schema of guarded routes, for an OpenAPI document. What the app says of a route
 * stays. A guard that is a hook of a whole scope is not seen.
 */
export function describeGuards(
  app: FastifyInstance,
  securityScheme: string,
  isGuard: (hook: unknown) => boolean
): void {
  app.addHook('onRoute', (route) => {
    const { schema = {} } = route
    const guarded = HOOKS.some((name) => [route[name]].flat().some(isGuard))
    if (guarded && !('security' in schema))
      route.schema = Object.assign({ security: [{ [securityScheme]: [] }] }, schema)
  })
}
