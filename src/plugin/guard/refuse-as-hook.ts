import type { FastifyInstance } from 'fastify'
import { HOOKS, HOW } from './guard-options.js'

/** Refuses `onRequest: app.googleAuth.required` without the call: it would make a hook for each request, and run none. */
export function refuseAsHook(app: FastifyInstance, required: unknown): void {
  app.addHook('onRoute', ({ url, ...route }) => {
    for (const hook of HOOKS) {
      const hooks: unknown[] = [route[hook]].flat()
      if (hooks.includes(required)) {
        throw new TypeError(`googleAuth.required is the ${hook} hook of ${url}, and was not called. ${HOW}`)
      }
    }
  })
}
