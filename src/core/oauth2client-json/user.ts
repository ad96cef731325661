import { CredentialsFormatError } from '../errors/setup.js'
import { decodeJwt } from 'jose'
import { GOOGLE_ENDPOINTS, isGoogleEndpoint } from '../provider/endpoints.js'
import { missingFrom, scopeList } from '../token/scopes.js'
import {
  classFields,
  EMPTY_DOCUMENT,
  pythonTime,
  textField,
  timeField,
  type CredentialsDocument,
  type DocumentSource
} from './document.js'
import { Token } from '../token/token.js'

/** The reason of a lost grant that the file calls invalid. oauth2client does not say why. */
const INVALID = 'invalid'

/** A document with nothing in it but the endpoints that its secrets may be sent to. */
export function newDocument(tokenUri: string = GOOGLE_ENDPOINTS.token_endpoint): CredentialsDocument {
  if (!isGoogleEndpoint(tokenUri)) return { ...EMPTY_DOCUMENT, token_uri: tokenUri }
  const { revocation_endpoint: revoke_uri, tokeninfo_endpoint: token_info_uri } = GOOGLE_ENDPOINTS
  return { ...EMPTY_DOCUMENT, token_uri: tokenUri, revoke_uri, token_info_uri }
}

/** The token in a document of a user's credentials. Throws a `CredentialsFormatError` that names the field. */
export function readUserToken(document: CredentialsDocument, source: DocumentSource, now = Date.now()): Token {
  const text = (name: string): string | undefined => textField(document, name, source) || undefined
  const [refreshToken, idToken] = [text('refresh_token'), text('id_token_jwt')]
  const expiresAt = timeField(document, 'token_expiry', source)
  return Token.from({
    // Empty when there is none yet: the first use refreshes.
    accessToken: text('access_token') ?? '',
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(idToken === undefined ? {} : { idToken }),
    scopes: readScopes(document, source),
    ...(document['invalid'] === true ? { lost: { reason: INVALID, at: now } } : {})
  })
}

/** What a document holds besides the token. */
export interface UserFields {
  clientId?: string | undefined
  clientSecret?: string | undefined
  tokenUri?: string | undefined
  revokeUri?: string | undefined
  tokenInfoUri?: string | undefined
  /** Claims that came without an ID token of their own. */
  idToken?: Readonly<Record<string, unknown>> | null
}

/**
 * The document of a user's credentials: `token` and `fields`, and the rest from `kept`, an earlier document of the same
 * user. Unknown fields stay as they are.
 */
export function userDocument(
  token: Token,
  fields: UserFields,
  kept: CredentialsDocument = newDocument(fields.tokenUri)
): CredentialsDocument {
  const unchanged = kept['access_token'] === token.accessToken
  const either = (own: string | undefined, name: string): unknown => own ?? kept[name] ?? null
  return {
    ...EMPTY_DOCUMENT,
    ...kept,
    access_token: token.accessToken || null,
    client_id: either(fields.clientId, 'client_id'),
    client_secret: either(fields.clientSecret, 'client_secret'),
    refresh_token: token.refreshToken ?? null,
    token_expiry: pythonTime(token.expiresAt),
    token_uri: either(fields.tokenUri, 'token_uri'),
    revoke_uri: either(fields.revokeUri, 'revoke_uri'),
    id_token: claimsOf(token, fields, kept),
    id_token_jwt: token.idToken ?? null,
    // The answer that brought the token. Later answers are not kept.
    token_response: unchanged ? (kept['token_response'] ?? null) : null,
    scopes: sameScopes(kept['scopes'], token.scopes) ? kept['scopes'] : [...token.scopes],
    token_info_uri: either(fields.tokenInfoUri, 'token_info_uri'),
    invalid: token.lost !== undefined,
    ...classFields(kept['_class'] === 'GoogleCredentials' ? 'GoogleCredentials' : 'OAuth2Credentials')
  }
}

/** The scopes of a document. Old versions of oauth2client kept no list: then those of the last answer. */
function readScopes(document: CredentialsDocument, source: DocumentSource): string[] {
  const own = document['scopes'] ?? []
  if (typeof own !== 'string' && !isTexts(own))
    throw new CredentialsFormatError(`${source}: "scopes" must be a list of texts.`)
  const scopes = scopeList(own)
  const answered = (document['token_response'] as { scope?: unknown } | null | undefined)?.scope
  return scopes.length === 0 && typeof answered === 'string' ? scopeList(answered) : scopes
}

function sameScopes(kept: unknown, scopes: readonly string[]): boolean {
  if (!isTexts(kept)) return false
  return missingFrom(kept, scopes).length === 0 && missingFrom(scopes, kept).length === 0
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

/** The claims, which Python keeps beside the ID token. They are not verified here: the token endpoint sent them. */
function claimsOf(token: Token, { idToken }: UserFields, kept: CredentialsDocument): unknown {
  const before = kept['id_token'] ?? idToken ?? null
  if (token.idToken === undefined || token.idToken === kept['id_token_jwt']) return before
  try {
    return decodeJwt(token.idToken)
  } catch {
    return before
  }
}
