import type { FastifyInstance, FastifyRequest } from 'fastify'
import { messagePage, signInPage } from './pages.js'
import { sendPage } from './routes.js'

/** What the tools may need, by the name that stands in the path of its page. */
export const SCOPES = {
  read: 'https://www.googleapis.com/auth/calendar.events.readonly',
  write: 'https://www.googleapis.com/auth/calendar.events'
} as const

export type Access = keyof typeof SCOPES

/** What a user is asked for. */
export interface Needed {
  owner: string
  access: Access
  /** The `sub` of a Google account. Default: the default account. */
  account?: string | undefined
}

/** The path of the page that asks the owner, and nobody else, for this access. It holds no secret. */
export function consentPath({ owner, access, account }: Needed): string {
  const parts = account === undefined ? [owner, access] : [owner, access, account]
  return `/consent/${parts.map(encodeURIComponent).join('/')}`
}

/**
 * The pages that an MCP client opens when a tool needs consent. Whose consent is asked stands in the path, so a link that
 * somebody else opens connects nothing. The guard sends the user to Google and back until the page is allowed.
 */
export async function consentRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', async (request, reply) => {
    const { appUser, url } = request
    if (appUser === null) return sendPage(reply, signInPage(url), 401)
    if (appUser.id !== paramsOf(request).owner) {
      const message = 'This link was made for another user of this app. Nothing was connected.'
      return sendPage(reply, messagePage('This link is not for you', message), 403)
    }
  })

  const done = messagePage('Google is connected', 'Go back to your MCP client, and let it try again.')
  const account = (request: FastifyRequest): string => paramsOf(request).account ?? ''
  for (const [access, scopes] of Object.entries(SCOPES)) {
    const ofDefault = app.googleAuth.required({ scopes })
    const ofAccount = app.googleAuth.required({ scopes, account })
    app.get(`/consent/:owner/${access}`, { onRequest: ofDefault }, (_, reply) => sendPage(reply, done))
    app.get(`/consent/:owner/${access}/:account`, { onRequest: ofAccount }, (_, reply) => sendPage(reply, done))
  }
}

function paramsOf(request: FastifyRequest): { owner?: string; account?: string } {
  return request.params as { owner?: string; account?: string }
}
