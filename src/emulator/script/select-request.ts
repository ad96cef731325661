import type { IncomingHttpHeaders } from 'node:http'
import { pageRefusal } from '../http/page.js'
import { type EmulatorClient, mayUseScript } from '../state/registry/clients.js'
import type { World } from '../state/world.js'

/** What Google's script asks for an account with. */
export interface SelectRequest {
  client: EmulatorClient
  /** The origin of the page. */
  origin: string
  /** How the credential comes back: to the page that opened a popup or shows a frame, or in a form to `loginUri`. */
  answerTo: 'page' | 'loginUri'
  loginUri: string
  nonce: string | undefined
  hint: string
  /** All of it, for the forms of the page. */
  fields: Readonly<Record<string, string>>
}

const NAMES = ['client_id', 'origin', 'ux_mode', 'login_uri', 'nonce', 'login_hint', 'g_csrf_token', 'select_by', 'id']

/**
 * The request in these parameters. Throws an error page where the page's origin, or the login URI of a redirect, is not
 * registered.
 * @see https://developers.google.com/identity/gsi/web/reference/html-reference
 */
export function readSelectRequest(parameters: URLSearchParams, { clients }: World): SelectRequest {
  const fields = Object.fromEntries(NAMES.map((name) => [name, parameters.get(name) ?? '']))
  const { client_id: clientId = '', origin = '', login_uri: loginUri = '', nonce = '', login_hint: hint = '' } = fields
  const client = clients.find(clientId)
  if (!client) throw pageRefusal(401, 'invalid_client', 'The OAuth client was not found.')
  if (!mayUseScript(client, origin))
    throw pageRefusal(
      403,
      'origin_mismatch',
      `The origin ${origin} is not allowed for the client: no redirect URI has it.`
    )
  const answerTo = fields['ux_mode'] === 'redirect' ? 'loginUri' : 'page'
  if (answerTo === 'loginUri' && !client.redirectUris.includes(loginUri)) {
    const explanation = `The login URI ${loginUri} is not a redirect URI that the OAuth client has registered, letter for letter.`
    throw pageRefusal(400, 'redirect_uri_mismatch', explanation)
  }
  return { client, origin, answerTo, loginUri, nonce: nonce || undefined, hint, fields }
}

/** Throws an error page where the browser does not say which page asks, as under `Referrer-Policy: no-referrer`. */
export function checkReferer({ referer = '' }: IncomingHttpHeaders, { origin }: SelectRequest): void {
  if (URL.canParse(referer) && new URL(referer).origin === origin) return
  const explanation = `The header Referer must name the origin ${origin}. Send the page with Referrer-Policy: strict-origin-when-cross-origin, and on http://localhost with no-referrer-when-downgrade.`
  throw pageRefusal(403, 'origin_mismatch', explanation)
}
