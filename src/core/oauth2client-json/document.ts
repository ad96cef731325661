import { CredentialsFormatError } from '../errors/setup.js'

/** The JSON of credentials, as oauth2client, gcloud or the Google console wrote it. Holds secrets. */
export type CredentialsDocument = Record<string, unknown>

/** Where a document comes from, as error messages name it: "The file /x/y". */
export type DocumentSource = string

/** The object in `text`. Throws a `CredentialsFormatError` that does not quote the text. */
export function parseDocument(text: string, source: DocumentSource): CredentialsDocument {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw new CredentialsFormatError(`${source} is not JSON, or was cut off.`, error)
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new CredentialsFormatError(`${source} must be a JSON object.`)
  return content as CredentialsDocument
}

/** A text field; `undefined` when it is absent or null. Throws a `CredentialsFormatError` that names it. */
export function textField(document: CredentialsDocument, name: string, source: DocumentSource): string | undefined {
  const value = document[name] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw new CredentialsFormatError(`${source}: "${name}" must be a text.`)
}

/** A text field. Throws a `CredentialsFormatError` that names it when it is absent or empty. */
export function neededField(document: CredentialsDocument, name: string, source: DocumentSource): string {
  const value = textField(document, name, source)
  if (value) return value
  throw new CredentialsFormatError(`${source}: "${name}" is missing.`)
}

/** Python has no year 0. */
const PYTHON_TIME = /^((?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)?$/

/** A time as oauth2client writes it: UTC, whole seconds. `undefined` when it is absent or, as in Python, not a time. */
export function timeField(document: CredentialsDocument, name: string, source: DocumentSource): number | undefined {
  const seconds = PYTHON_TIME.exec(textField(document, name, source) ?? '')?.[1]
  const time = seconds === undefined ? NaN : Date.parse(`${seconds}Z`)
  return Number.isNaN(time) ? undefined : time
}

/** A time such as "2026-11-22T10:00:00Z", rounded down, so that a token is not used after its end. */
export function pythonTime(time: number | undefined): string | null {
  return time === undefined ? null : `${new Date(time).toISOString().slice(0, 19)}Z`
}

/**
 * The classes of oauth2client, with their modules. Documents name both. They are compared, and nothing is loaded by
 * them.
 */
export const PYTHON_CLASSES = {
  OAuth2Credentials: 'oauth2client.client',
  GoogleCredentials: 'oauth2client.client',
  AccessTokenCredentials: 'oauth2client.client',
  ServiceAccountCredentials: 'oauth2client.service_account'
} as const

export type PythonClass = keyof typeof PYTHON_CLASSES

/** The `_class` and `_module` of a document. */
export function classFields(name: PythonClass): { _class: string; _module: string } {
  return { _class: name, _module: PYTHON_CLASSES[name] }
}

/** The fields of oauth2client's base class in its order, with nothing in them. */
export const EMPTY_DOCUMENT = {
  access_token: null,
  client_id: null,
  client_secret: null,
  refresh_token: null,
  token_expiry: null,
  token_uri: null,
  user_agent: null,
  revoke_uri: null,
  id_token: null,
  id_token_jwt: null,
  token_response: null,
  scopes: [],
  token_info_uri: null,
  invalid: false
} as const satisfies CredentialsDocument
