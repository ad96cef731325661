import { GoogleAuthError } from './base.js'

/** The content of client_secrets.json is missing or wrong. */
export class InvalidClientSecretsError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CLIENT_SECRETS'
}

/** client_secrets.json describes a kind of client that has no web flow. */
export class UnknownClientSecretsFlowError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CLIENT_KIND'
}

/** A text or a file does not hold credentials in a known form. */
export class CredentialsFormatError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CREDENTIALS_FORMAT'
}
