import type { FastifyInstance } from 'fastify'
import { sendPage } from '../http/page.js'
import { Refusal } from '../http/refusal.js'
import type { World } from '../state/world.js'
import { CONSOLE } from './action-form.js'
import { ACTIONS } from './actions.js'
import { CONSOLE_POLICY, consolePage } from './console-page.js'
import { isOwnForm } from './own-page.js'

/** The control page, and what its buttons do. */
export function consoleRoutes(app: FastifyInstance, world: World): void {
  app.get('/', (_request, reply) => reply.redirect(CONSOLE))
  app.get(CONSOLE, (_request, reply) => sendPage(reply, consolePage(world), CONSOLE_POLICY))

  for (const [name, act] of Object.entries(ACTIONS)) {
    app.post(`${CONSOLE}/${name}`, (request, reply) => {
      if (!isOwnForm(request.headers)) {
        throw new Refusal(403, 'Forbidden', `This form must be sent from the page at ${world.issuer}${CONSOLE}.\n`)
      }
      act(world, request.body instanceof URLSearchParams ? request.body : new URLSearchParams())
      // 303, so that the POST becomes a GET.
      return reply.redirect(CONSOLE, 303)
    })
  }
}
