import { secureBareUrl } from '../../core/lib/url.js'
import { loadClientSecrets, parseClientSecrets } from '../../core/provider/client-secrets.js'
import type { GoogleAuthOptions } from '../types/options.js'
import { check, isText } from './check.js'

export interface CheckedClient {
  clientId: string
  clientSecret: string
  authUri?: string
  tokenUri?: string
  redirectUris: string[]
}

export async function checkClient(options: GoogleAuthOptions): Promise<CheckedClient> {
  const { clientSecretsFile, clientSecrets, clientId, clientSecret } = options
  const given = [
    ...(clientSecretsFile === undefined ? [] : ['clientSecretsFile']),
    ...(clientSecrets === undefined ? [] : ['clientSecrets']),
    ...(clientId === undefined && clientSecret === undefined ? [] : ['clientId with clientSecret'])
  ]
  check(
    given.length === 1,
    'clientSecretsFile',
    `or one of clientSecrets, clientId with clientSecret must be given, and ${given.length === 0 ? 'none is' : `not ${given.join(' and ')}`}`,
    'Pass the path of the client_secrets.json that the Google console gave you.'
  )
  if (clientSecretsFile !== undefined) {
    check(
      isText(clientSecretsFile),
      'clientSecretsFile',
      'must be the path of a file',
      'Pass the path of client_secrets.json as a string.'
    )
    return loadClientSecrets(clientSecretsFile)
  }
  if (clientSecrets !== undefined) return parseClientSecrets(clientSecrets)
  check(
    isText(clientId),
    'clientId',
    'must be a non-empty string',
    'Copy it from the Google console, with its clientSecret.'
  )
  check(
    isText(clientSecret),
    'clientSecret',
    'must be a non-empty string',
    'Copy it from the Google console, with its clientId.'
  )
  return { clientId, clientSecret, redirectUris: [] }
}

export function checkRedirectUri(given: unknown, registered: string[], returnPath: string): URL {
  const candidates =
    given === undefined
      ? registered.filter((uri) => URL.canParse(uri) && new URL(uri).pathname === returnPath)
      : [given]
  check(
    candidates.length > 0,
    'redirectUri',
    'is needed',
    `Pass the absolute URL of ${returnPath} on your site, as registered in the Google console.`
  )
  check(
    candidates.length === 1,
    'redirectUri',
    `is needed, since the client secrets name several redirect URIs with the path ${returnPath}`,
    'Pass the one of this deployment.'
  )
  const uri = secureBareUrl(candidates[0])
  check(
    uri !== null,
    'redirectUri',
    'must be an absolute https URL without user, query and fragment (http only on localhost, 127.0.0.1 or [::1])',
    'Pass it exactly as registered in the Google console, such as https://app.example.com/auth/return.'
  )
  check(
    uri.pathname === returnPath,
    'redirectUri',
    `has the path ${uri.pathname}, and the return route has ${returnPath} in the scope that the plugin is registered in`,
    'Change redirectUri, set returnPath to the path that it has, or register the plugin in a scope without a prefix.'
  )
  return uri
}
