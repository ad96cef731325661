import { GoogleAuthError } from './base.js'

/** client_secrets.json cannot be used as it is. */
export class InvalidClientSecretsError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CLIENT_SECRETS'
}

/** client_secrets.json is of a kind that has no web flow. */
export class UnknownClientSecretsFlowError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CLIENT_KIND'
}

/** Text or a file is not credentials in a form that we know. */
export class CredentialsFormatError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CREDENTIALS_FORMAT'
}
