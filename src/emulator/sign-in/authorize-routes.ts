import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { accountPage } from './account-page.js'
import { readAuthorizationRequest } from './authorization-request.js'
import { codeResponse, errorResponse } from './authorization-response.js'
import { consentPage } from './consent-page.js'
import { consentQuestion, needsConsent } from './consent.js'
import { relayOf, sendThroughRelay } from './relay.js'
import { queryOf } from '../http/forms.js'
import { pageRefusal, sendPage } from '../http/page.js'
import { PATHS, ROUTES } from '../http/paths.js'
import type { PendingRequest } from '../state/grants/pending-requests.js'
import type { EmulatorUser } from '../state/registry/users.js'
import type { World } from '../state/world.js'

/** The authorization endpoint and the forms of its pages. */
export function authorizeRoutes(app: FastifyInstance, world: World): void {
  /** Sends the user back to the app. 303, so that the POST of a form becomes a GET. */
  const sendBack = (reply: FastifyReply, url: string) => {
    const relay = relayOf(url)
    return relay ? sendThroughRelay(reply, url, relay) : reply.header('cache-control', 'no-store').redirect(url, 303)
  }

  const askAccount = (reply: FastifyReply, { id, request }: PendingRequest, complaint: string | null = null) =>
    sendPage(reply, accountPage(id, world.users.offered(request.hostedDomain), request.client.project, complaint))

  /** The next step after an account was chosen: the consent page, or back to the app when all scopes are granted. */
  const continueAs = (reply: FastifyReply, pending: PendingRequest, user: EmulatorUser) => {
    const { request } = pending
    const granted = world.grants.scopes(user.sub, request.client.project)
    if (needsConsent(request, granted)) {
      pending.user = user
      const question = consentQuestion(request.scopes, granted, world.knownScopes)
      return sendPage(reply, consentPage(pending.id, user, request.client.project, question))
    }
    world.pending.close(pending)
    return sendBack(reply, codeResponse(world, request, user, request.scopes, false))
  }

  const offeredUser = (account: string | null, hostedDomain: string | null): EmulatorUser | null => {
    const user = account ? world.users.find(account) : null
    return user && world.users.offered(hostedDomain).includes(user) ? user : null
  }

  const authorize = (request: FastifyRequest, reply: FastifyReply) => {
    const asked = readAuthorizationRequest(queryOf(request), world)
    const hinted = offeredUser(asked.loginHint, asked.hostedDomain)
    if (asked.prompt.has('none')) {
      if (!hinted) return sendBack(reply, errorResponse(world, asked, 'login_required'))
      if (needsConsent(asked, world.grants.scopes(hinted.sub, asked.client.project))) {
        return sendBack(reply, errorResponse(world, asked, 'interaction_required'))
      }
    }
    const pending = world.pending.open(asked)
    return hinted && !asked.prompt.has('select_account')
      ? continueAs(reply, pending, hinted)
      : askAccount(reply, pending)
  }

  const readForm = (request: FastifyRequest): { form: URLSearchParams; pending: PendingRequest } => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
    const pending = world.pending.find(form.get('id'))
    if (!pending) throw pageRefusal(400, 'invalid_request', 'This page is no longer valid. Start again from the app.')
    return { form, pending }
  }

  for (const url of ROUTES.authorize) app.get(url, authorize)

  app.post(PATHS.account, (request, reply) => {
    const { form, pending } = readForm(request)
    if (form.has('switch')) return askAccount(reply, pending)
    const user = offeredUser(form.get('account'), pending.request.hostedDomain)
    return user ? continueAs(reply, pending, user) : askAccount(reply, pending, "Couldn't find that account here.")
  })

  app.post(PATHS.consent, (request, reply) => {
    const { form, pending } = readForm(request)
    if (!pending.user) return askAccount(reply, pending)
    world.pending.close(pending)
    if (form.get('decision') !== 'continue')
      return sendBack(reply, errorResponse(world, pending.request, 'access_denied'))
    const granted = world.grants.scopes(pending.user.sub, pending.request.client.project)
    const { asked } = consentQuestion(pending.request.scopes, granted, world.knownScopes)
    const refused = asked.map(([scope]) => scope).filter((scope) => !form.getAll('scope').includes(scope))
    const allowed = pending.request.scopes.filter((scope) => !refused.includes(scope))
    return sendBack(reply, codeResponse(world, pending.request, pending.user, allowed, true))
  })
}
