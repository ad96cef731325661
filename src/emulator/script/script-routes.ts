import type { FastifyInstance, FastifyReply } from 'fastify'
import { sendForm, sendToOpener } from '../http/answer-page.js'
import { queryOf } from '../http/forms.js'
import { sendPage } from '../http/page.js'
import { PATHS } from '../http/paths.js'
import type { EmulatorUser } from '../state/registry/users.js'
import type { World } from '../state/world.js'
import { credentialFor } from '../token/without-authorization-request.js'
import { CLIENT_SCRIPT } from './client-script.js'
import { selectPage } from './select-page.js'
import { checkReferer, readSelectRequest, type SelectRequest } from './select-request.js'

/** Emulates the script of Google, and the pages behind its button and One Tap. */
export function scriptRoutes(app: FastifyInstance, world: World): void {
  const answer = async (reply: FastifyReply, asked: SelectRequest, user: EmulatorUser) => {
    const { client, origin, answerTo, loginUri, nonce, fields } = asked
    const credential = await credentialFor(world, client, user, { nonce })
    const { g_csrf_token: csrf = '', select_by: selectBy = '', id } = fields
    const response = { credential, client_id: client.clientId, select_by: selectBy }
    return answerTo === 'page'
      ? sendToOpener(reply, { id, response }, origin)
      : sendForm(reply, { ...response, g_csrf_token: csrf }, loginUri)
  }

  app.get(PATHS.script, (_request, reply) =>
    reply.header('cache-control', 'no-store').type('text/javascript; charset=utf-8').send(CLIENT_SCRIPT)
  )

  app.get(PATHS.select, (request, reply) => {
    const asked = readSelectRequest(queryOf(request), world)
    checkReferer(request.headers, asked)
    const hinted = world.users.find(asked.hint)
    return hinted ? answer(reply, asked, hinted) : choose(reply, asked)
  })

  app.post(PATHS.select, (request, reply) => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
    const asked = readSelectRequest(form, world)
    const user = world.users.find(form.get('account') ?? '')
    return user ? answer(reply, asked, user) : choose(reply, asked)
  })

  const choose = (reply: FastifyReply, asked: SelectRequest): FastifyReply =>
    sendPage(reply, selectPage(asked, world.users.offered(null)), '', asked.origin)
}
