import { CredentialsFormatError } from '../errors/setup.js'
import { parseDocument, pythonTime, type CredentialsDocument } from '../oauth2client-json/document.js'
import { readUserToken, userDocument, type UserFields } from '../oauth2client-json/user.js'
import type { Token, TokenRecord } from '../token/token.js'

/** A field of ours, for what oauth2client has no field for. Python ignores it, and drops it when it writes. */
const OURS = 'fastify_google_auth'
const OUR_FIELDS = [
  'expiresAt',
  'refreshTokenExpiresAt',
  'grantedAt',
  'connectedAt',
  'refreshedAt',
  'consentAskedAt',
  'profile',
  'lost'
] as const

type OurFields = Pick<TokenRecord, (typeof OUR_FIELDS)[number]>

/**
 * The document in the text of the file at `path`. Throws a `CredentialsFormatError` unless it holds a user's
 * credentials as oauth2client writes them.
 */
export function documentIn(text: string, path: string): CredentialsDocument {
  const source = `The file ${path}`
  const document = parseDocument(text, source)
  const { _class: name } = document
  if (name !== 'OAuth2Credentials' && name !== 'GoogleCredentials') {
    throw new CredentialsFormatError(
      `${source} does not hold a user's credentials as oauth2client writes them, and is left as it is.`
    )
  }
  return document
}

/** The token in a document. */
export function tokenIn(document: CredentialsDocument, path: string): Token {
  const token = readUserToken(document, `The file ${path}`)
  const { expiresAt, lost, ...ours } = (document[OURS] ?? {}) as OurFields
  // Ours has milliseconds. It does not count after Python has changed the time.
  const exact = pythonTime(expiresAt) === document['token_expiry'] ? expiresAt : token.expiresAt
  try {
    return token.with({ ...ours, expiresAt: exact, lost: token.lost && (lost ?? token.lost) })
  } catch (error) {
    throw new CredentialsFormatError(`The file ${path}: "${OURS}" has a wrong form. Delete that field.`, error)
  }
}

/** The text for a token. What `kept`, the document that was there, says about the client stays. */
export function textOf(token: Token, client: UserFields, kept: CredentialsDocument | undefined): string {
  const record = token.toRecord()
  const ours = Object.fromEntries(
    OUR_FIELDS.filter((field) => record[field] !== undefined).map((field) => [field, record[field]])
  )
  const { [OURS]: _earlier, ...document } = userDocument(token, client, kept)
  return JSON.stringify(Object.keys(ours).length === 0 ? document : { ...document, [OURS]: ours })
}
