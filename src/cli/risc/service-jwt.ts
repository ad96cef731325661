import { readFile } from 'node:fs/promises'
import { SignJWT } from 'jose'
import { readServiceAccountKey, type ServiceAccountKey } from '../../core/credentials/service-account-key.js'
import { codeOf } from '../../core/lib/error-code.js'
import { parseDocument } from '../../core/oauth2client-json/document.js'
import { CLOCK_TOLERANCE_S } from '../../core/provider/id-token.js'
import { UsageError } from '../command.js'

/** Whom the JWT is for. Google compares the whole text. */
const AUDIENCE = 'https://risc.googleapis.com/google.identity.risc.v1beta.RiscManagementService'
const LIFE_S = 3_600

/** The service account in a key file. Throws a `UsageError`, or a `CredentialsFormatError` that names the field. */
export async function readKeyFile(path: string): Promise<ServiceAccountKey> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`The key file ${path} cannot be read (${codeOf(error)}).`)
  }
  const source = `The key file ${path}`
  return readServiceAccountKey(parseDocument(text, source), source)
}

/**
 * A JWT by which the service account speaks to the RISC API, good for one hour. Dated back by the clock tolerance, so that a clock
 * ahead of Google's does no harm.
 * @see https://developers.google.com/identity/protocols/risc#auth-token
 */
export function serviceJwt({ clientEmail, privateKey, privateKeyId }: ServiceAccountKey): Promise<string> {
  const issuedAt = Math.floor(Date.now() / 1000) - CLOCK_TOLERANCE_S
  return new SignJWT()
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(privateKeyId === undefined ? {} : { kid: privateKeyId }) })
    .setIssuer(clientEmail)
    .setSubject(clientEmail)
    .setAudience(AUDIENCE)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LIFE_S)
    .sign(privateKey)
}
