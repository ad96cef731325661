import { CredentialsFormatError } from '../errors/setup.js'
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { GOOGLE_ENDPOINTS } from '../provider/endpoints.js'
import { neededField, textField, type CredentialsDocument, type DocumentSource } from '../oauth2client-json/document.js'

/** A service account and its key. Holds the private key: keep it in private fields. */
export interface ServiceAccountKey {
  clientEmail: string
  privateKey: KeyObject
  /** The private key as it was given, in PEM form. */
  pem: string
  privateKeyId?: string | undefined
  /** The numeric id, by which an administrator authorizes the account for a whole domain. */
  clientId?: string | undefined
  tokenUri: string
}

/** The names of the fields in a key file, and in oauth2client's JSON. */
const KEY_FILE_FIELDS = { email: 'client_email', pem: 'private_key', keyId: 'private_key_id' } as const
export const PYTHON_KEY_FIELDS = {
  email: '_service_account_email',
  pem: '_private_key_pkcs8_pem',
  keyId: '_private_key_id'
} as const

/**
 * The key in the parsed content of a key file, for the token endpoint `tokenUri`. Throws a `CredentialsFormatError` that
 * names the field, never its value.
 */
export function readServiceAccountKey(
  document: CredentialsDocument,
  source: DocumentSource,
  tokenUri: string = GOOGLE_ENDPOINTS.token_endpoint,
  names: typeof KEY_FILE_FIELDS | typeof PYTHON_KEY_FIELDS = KEY_FILE_FIELDS
): ServiceAccountKey {
  const clientEmail = neededField(document, names.email, source)
  const pem = neededField(document, names.pem, source)
  return {
    clientEmail,
    privateKey: rsaKey(pem, `${source}: "${names.pem}"`),
    pem,
    privateKeyId: textField(document, names.keyId, source),
    clientId: textField(document, 'client_id', source),
    tokenUri
  }
}

function rsaKey(pem: string, what: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (error) {
    throw new CredentialsFormatError(`${what} is not a private key in PEM form.`, error)
  }
  if (key.asymmetricKeyType !== 'rsa') throw new CredentialsFormatError(`${what} must be an RSA key.`)
  return key
}
