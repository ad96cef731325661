import { createPublicKey, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { newId } from '../secrets.js'

/** A service account with its public key. */
export interface EmulatorServiceAccount {
  /** Its e-mail address. */
  clientEmail: string
  /** The id of its key. */
  keyId: string
  /** Its public key in PEM form; this or `jwk` is needed. */
  publicKeyPem?: string
  /** Its public key as a JWK. */
  jwk?: JsonWebKey
  /** Domain-wide delegation: as whom the account may act, by e-mail address, and with which scopes. */
  delegation?: {
    /** E-mail addresses. */
    subjects: string[]
    /** Scopes, by their whole names. */
    scopes: string[]
  }
}

/** The key file, as the Google console offers it for download. */
export interface ServiceAccountKeyFile {
  /** The kind of file. */
  type: 'service_account'
  /** The Cloud project. */
  project_id: string
  /** The id of the key. */
  private_key_id: string
  /** The private key in PEM form. */
  private_key: string
  /** The account's e-mail address. */
  client_email: string
  /** The account's id. */
  client_id: string
  /** The authorization endpoint. */
  auth_uri: string
  /** The token endpoint. */
  token_uri: string
}

export interface KnownServiceAccount extends EmulatorServiceAccount {
  publicKey: KeyObject
}

function publicKeyOf({ clientEmail, publicKeyPem, jwk }: EmulatorServiceAccount): KeyObject {
  if (publicKeyPem !== undefined) return createPublicKey(publicKeyPem)
  if (jwk !== undefined) return createPublicKey({ key: jwk, format: 'jwk' })
  throw new TypeError(`The service account ${clientEmail} needs publicKeyPem or jwk`)
}

/** The service accounts by e-mail address. */
export class ServiceAccounts {
  readonly #byEmail = new Map<string, KnownServiceAccount>()

  add(account: EmulatorServiceAccount): void {
    this.#byEmail.set(account.clientEmail, { ...account, publicKey: publicKeyOf(account) })
  }

  find(clientEmail: string): KnownServiceAccount | null {
    return this.#byEmail.get(clientEmail) ?? null
  }
}

/** A new account and its key file. */
export async function newServiceAccount(
  asked: { clientEmail?: string; delegation?: { subjects: string[]; scopes: string[] } },
  { project, authorization, token }: { project: string; authorization: string; token: string }
): Promise<{ account: EmulatorServiceAccount; keyFile: ServiceAccountKeyFile }> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const clientEmail = asked.clientEmail ?? `robot-${newId().slice(0, 8)}@${project}.iam.gserviceaccount.com`
  const keyId = newId()
  return {
    account: { ...asked, clientEmail, keyId, jwk: publicKey.export({ format: 'jwk' }) },
    keyFile: {
      type: 'service_account',
      project_id: project,
      private_key_id: keyId,
      private_key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      client_email: clientEmail,
      client_id: '100000000000000000001',
      auth_uri: authorization,
      token_uri: token
    }
  }
}
