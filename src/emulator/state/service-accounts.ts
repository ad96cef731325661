import { createPublicKey, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { newId } from './secrets.js'

/** A service account with its public key. */
export interface EmulatorServiceAccount {
  clientEmail: string
  keyId: string
  publicKeyPem?: string
  jwk?: JsonWebKey
  /** Domain-wide delegation: the users (by e-mail address) for whom the account may act, and the scopes. */
  delegation?: { subjects: string[]; scopes: string[] }
}

/** The key file, as the Google console offers it for download. */
export interface ServiceAccountKeyFile {
  type: 'service_account'
  project_id: string
  private_key_id: string
  private_key: string
  client_email: string
  client_id: string
  auth_uri: string
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
