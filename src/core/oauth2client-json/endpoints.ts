import { CredentialsFormatError } from '../errors/setup.js'
import { isLoopback, secureUrl } from '../lib/url.js'
import { isGoogleEndpoint } from '../provider/endpoints.js'
import { textField, type CredentialsDocument, type DocumentSource } from './document.js'

/** The endpoints that get the secrets of credentials. */
export interface CredentialsEndpoints {
  tokenUri?: string | undefined
  revokeUri?: string | undefined
  tokenInfoUri?: string | undefined
}

const FIELDS = [
  ['tokenUri', 'token_uri'],
  ['revokeUri', 'revoke_uri'],
  ['tokenInfoUri', 'token_info_uri']
] as const

/**
 * The endpoints to use: those that the caller has `given`, else those of the document. A document can come from anywhere,
 * so its own are used only if they are Google's or on a loopback host: another host could collect refresh tokens and
 * signed assertions. Throws a `CredentialsFormatError` that names the field and the option to give, a `TypeError` for an
 * option that is not an https URL.
 */
export function endpointsOf(
  document: CredentialsDocument,
  source: DocumentSource,
  given: CredentialsEndpoints
): CredentialsEndpoints {
  const endpoints: CredentialsEndpoints = {}
  for (const [option, field] of FIELDS) {
    const own = textField(document, field, source)
    if (given[option] !== undefined) {
      if (secureUrl(given[option]) === null)
        throw new TypeError(`${option} must be an https URL (http only on a loopback host).`)
      endpoints[option] = given[option]
    } else if (own !== undefined) {
      endpoints[option] = trusted(own, `${source}: "${field}"`, option)
    }
  }
  return endpoints
}

function trusted(value: string, what: string, option: string): string {
  const url = secureUrl(value)
  if (url === null) throw new CredentialsFormatError(`${what} must be an https URL.`)
  if (isGoogleEndpoint(value) || isLoopback(url.hostname)) return value
  throw new CredentialsFormatError(
    `${what} is on ${url.origin}, which is not Google's. If secrets should be sent there, give the URL as the option ${option}.`
  )
}
