import { InvalidClientSecretsError, UnknownClientSecretsFlowError } from '../errors/setup.js'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { codeOf } from '../lib/error-code.js'
import { secureUrl } from '../lib/url.js'

/** An OAuth client as the Google console describes it. */
export interface ClientSecrets {
  kind: 'web' | 'installed'
  clientId: string
  clientSecret: string
  redirectUris: string[]
  authUri: string
  tokenUri: string
}

const TEXTS = ['client_id', 'client_secret', 'auth_uri', 'token_uri'] as const
const HOW = 'Download the file again from the Google console (APIs & Services, Credentials).'

/** The OAuth client in the file at `path`. Throws as `parseClientSecrets` does, naming the file by its whole path. */
export async function loadClientSecrets(path: string): Promise<ClientSecrets> {
  const source = `The client secrets file ${resolve(path)}`
  let content: unknown
  try {
    content = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    const what = error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${codeOf(error)})`
    throw new InvalidClientSecretsError(`${source} ${what}. ${HOW}`, error)
  }
  return parseClientSecrets(content, source)
}

/**
 * The OAuth client in the parsed content of client_secrets.json, kinds `web` and `installed`. Throws an
 * `InvalidClientSecretsError` that names the field, or an `UnknownClientSecretsFlowError` for another kind.
 * @see https://developers.google.com/identity/protocols/oauth2/web-server#creatingcred
 */
export function parseClientSecrets(content: unknown, source = 'The content of clientSecrets'): ClientSecrets {
  if (!isObject(content))
    throw new InvalidClientSecretsError(`${source} must be an object with one entry "web" or "installed". ${HOW}`)
  const kinds = Object.keys(content)
  const kind = kinds[0]
  if (kind === undefined)
    throw new InvalidClientSecretsError(`${source} is empty; it must have one entry "web" or "installed". ${HOW}`)
  if (content['type'] === 'service_account') {
    throw new UnknownClientSecretsFlowError(
      `${source} is the key of a service account: use ServiceAccountCredentials, or create an OAuth client of the type "Web application".`
    )
  }
  if (kinds.length > 1)
    throw new InvalidClientSecretsError(
      `${source} must have one entry "web" or "installed", and has ${kinds.length}. ${HOW}`
    )
  if (kind !== 'web' && kind !== 'installed') {
    throw new UnknownClientSecretsFlowError(
      `${source} is of an unknown kind; "web" and "installed" are known. Create an OAuth client of the type "Web application".`
    )
  }
  const client = content[kind]
  const wrong = (field: string, what: string): InvalidClientSecretsError =>
    new InvalidClientSecretsError(`${source}: "${kind}.${field}" ${what}. ${HOW}`)
  if (!isObject(client)) throw new InvalidClientSecretsError(`${source}: "${kind}" must be an object. ${HOW}`)
  for (const field of TEXTS) {
    const value = client[field]
    if (value === undefined) throw wrong(field, 'is missing')
    if (typeof value !== 'string' || value === '') throw wrong(field, 'must be a text that is not empty')
    if (value.startsWith('[[')) throw wrong(field, 'is a placeholder that was not filled in')
  }
  for (const field of ['auth_uri', 'token_uri'] as const) {
    if (secureUrl(client[field]) === null) throw wrong(field, 'must be an https URL')
  }
  const uris = client['redirect_uris']
  if (uris === undefined) throw wrong('redirect_uris', 'is missing: register the redirect URI with the client first')
  if (!Array.isArray(uris) || !uris.every((uri) => typeof uri === 'string'))
    throw wrong('redirect_uris', 'must be a list of texts')
  const text = client as Record<(typeof TEXTS)[number], string>
  return {
    kind,
    clientId: text.client_id,
    clientSecret: text.client_secret,
    redirectUris: [...uris],
    authUri: text.auth_uri,
    tokenUri: text.token_uri
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
