import { CredentialsFormatError } from '../errors/setup.js'
import { AccessTokenCredentials } from './access-token.js'
import type { SendingOptions } from './credentials.js'
import type { IdTokenClaims } from '../provider/id-token-claims.js'
import { OAuth2Credentials } from './oauth2.js'
import {
  neededField,
  parseDocument,
  PYTHON_CLASSES,
  textField,
  timeField,
  type CredentialsDocument,
  type PythonClass
} from '../oauth2client-json/document.js'
import { endpointsOf } from '../oauth2client-json/endpoints.js'
import { newDocument, readUserToken } from '../oauth2client-json/user.js'
import { PYTHON_KEY_FIELDS, readServiceAccountKey } from './service-account-key.js'
import { ServiceAccountCredentials } from './service-account-credentials.js'
import { noTokenYet } from './service-account-assertion.js'
import { scopeList } from '../token/scopes.js'

/** Options of `deserializeCredentials`. */
export interface DeserializeOptions extends SendingOptions {
  /** For a service account's key file, which has no scopes. */
  scopes?: string | readonly string[] | undefined
  /** The token endpoint to use in place of that in the text; needed where that is not Google's. */
  tokenUri?: string | undefined
  /** The revocation endpoint to use in place of that in the text; needed where that is not Google's. */
  revokeUri?: string | undefined
  /** The clock, in milliseconds since the epoch; default: `Date.now`. */
  now?: (() => number) | undefined
}

/** What `deserializeCredentials` can give. */
export type AnyCredentials = OAuth2Credentials | AccessTokenCredentials | ServiceAccountCredentials

const SOURCE = 'The text'

/**
 * The credentials in `text`: oauth2client's own JSON of a user, an access token or a service account, or a file of the
 * type `authorized_user` or `service_account`. A class that the text names is compared, and never loaded. `serialize()`
 * gives unknown fields back as they were. Throws a `CredentialsFormatError` that names the field, also for an endpoint
 * that is neither Google's nor on a loopback host, unless the option of that name is given.
 * @param text The JSON.
 * @param given What the text does not say, or says wrongly.
 */
export function deserializeCredentials(text: string, given: DeserializeOptions = {}): AnyCredentials {
  const document = parseDocument(text, SOURCE)
  const options = { ...given, ...endpointsOf(document, SOURCE, given) }
  switch (kindOf(document)) {
    case 'authorized_user':
    case 'OAuth2Credentials':
    case 'GoogleCredentials':
      return user(document, options)
    case 'AccessTokenCredentials':
      return new AccessTokenCredentials(neededField(document, 'access_token', SOURCE), { ...options, document })
    case 'service_account':
      return new ServiceAccountCredentials(readServiceAccountKey(document, SOURCE, options.tokenUri), {
        ...options,
        document: withoutType(document)
      })
    case 'ServiceAccountCredentials':
      return pythonServiceAccount(document, options)
  }
}

function kindOf(document: CredentialsDocument): PythonClass | 'authorized_user' | 'service_account' {
  const { type, _class: name } = document
  if (type === 'authorized_user' || type === 'service_account') return type
  if (typeof name === 'string' && Object.hasOwn(PYTHON_CLASSES, name)) return name as PythonClass
  if (name === undefined && type === undefined && 'refresh_token' in document) return 'OAuth2Credentials'
  throw new CredentialsFormatError(
    `${SOURCE} does not hold credentials in a known form: "type" must be "authorized_user" or "service_account", or "_class" one of ${Object.keys(PYTHON_CLASSES).join(', ')}.`
  )
}

function user(document: CredentialsDocument, { scopes, now, ...more }: DeserializeOptions): OAuth2Credentials {
  const token = readUserToken(document, SOURCE, now?.())
  const claims = document['id_token']
  return new OAuth2Credentials({
    ...more,
    token: scopes === undefined || token.scopes.length > 0 ? token : token.with({ scopes: scopeList(scopes) }),
    clientId: neededField(document, 'client_id', SOURCE),
    clientSecret: textField(document, 'client_secret', SOURCE),
    // Python verified them when it got them. A writer of this text could write the token as well.
    idToken: isObject(claims) ? (claims as IdTokenClaims) : null,
    now,
    document: document['_class'] === undefined ? { ...newDocument(more.tokenUri), ...withoutType(document) } : document
  })
}

function pythonServiceAccount(document: CredentialsDocument, options: DeserializeOptions): ServiceAccountCredentials {
  if (document['_private_key_pkcs12']) {
    throw new CredentialsFormatError(
      `${SOURCE} holds its key in PKCS#12 form, which cannot be read. Make a new key in JSON form in the Google console.`
    )
  }
  const key = readServiceAccountKey(document, SOURCE, options.tokenUri, PYTHON_KEY_FIELDS)
  const scopes = options.scopes ?? textField(document, '_scopes', SOURCE)
  const claims = document['_kwargs'] ?? {}
  if (!isObject(claims)) throw new CredentialsFormatError(`${SOURCE}: "_kwargs" must be an object.`)
  const accessToken = textField(document, 'access_token', SOURCE) ?? ''
  const expiresAt = timeField(document, 'token_expiry', SOURCE)
  const token = noTokenYet(scopeList(scopes)).with({ accessToken, expiresAt })
  return new ServiceAccountCredentials(key, { ...options, scopes, claims, token, document })
}

function isObject(value: unknown): value is CredentialsDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withoutType({ type: _type, ...document }: CredentialsDocument): CredentialsDocument {
  return document
}
