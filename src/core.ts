/**
 * Flows, credentials, storages and errors: a port of Python's oauth2client, without Fastify and ioredis.
 * @module fastify-google-auth/core
 */
export { AccountNotConnectedError, OwnerMismatchError } from './core/errors/account.js'
export {
  CredentialsFormatError,
  InvalidClientSecretsError,
  UnknownClientSecretsFlowError
} from './core/errors/setup.js'
export { AccessTokenCredentialsError, OriginNotAllowedError, ResponseTooLargeError } from './core/errors/api.js'
export { AccessTokenRefreshError, GrantLostError, TokenRevokeError } from './core/errors/grant.js'
export { StorageError } from './core/errors/storage.js'
export { CrossSiteError, CsrfTokenError } from './core/errors/cross-site.js'
export { FlowExchangeError } from './core/errors/exchange.js'
export { EmailNotAllowedError, SignInTooOldError, LoginRequiredError, ScopeRequiredError } from './core/errors/guard.js'
export { HostedDomainError, VerifyJwtTokenError } from './core/errors/id-token.js'
export { AuthorizationError, LoginAttemptError, ReturnToError, ScopeNotDeclaredError } from './core/errors/sign-in.js'
export { AccessTokenCredentials } from './core/credentials/access-token.js'
export { Credentials } from './core/credentials/credentials.js'
export { deserializeCredentials } from './core/credentials/deserialize.js'
export { GoogleApiError } from './core/api/error.js'
export { OAuth2Credentials } from './core/credentials/oauth2.js'
export { ServiceAccountCredentials } from './core/credentials/service-account-credentials.js'

export { OAuth2WebServerFlow } from './core/flow/flow.js'
export { flowFromClientSecrets } from './core/flow/from-client-secrets.js'
export { loadClientSecrets, parseClientSecrets } from './core/provider/client-secrets.js'
export { verifyIdToken } from './core/provider/verify-id-token.js'
export { signInOnLoopback } from './core/flow/loopback.js'

export { FileStorage } from './core/file-storage/file-storage.js'
export { MemoryStorage, memoryStorage } from './core/storage/memory.js'
export { isUsable, Token } from './core/token/token.js'
export { missingFrom, scopeList } from './core/token/scopes.js'

export { GoogleAuthError } from './core/errors/base.js'

export type { AccessTokenCredentialsOptions } from './core/credentials/access-token.js'
export type { ApiRequestOptions, ApiResponse } from './core/api/types.js'
export type { Connections } from './core/http/connections.js'
export type { Callback } from './core/flow/callback-params.js'
export type { ClientSecrets } from './core/provider/client-secrets.js'
export type { AuthorizeOptions, Sending, SendingOptions } from './core/credentials/credentials.js'
export type { AnyCredentials, DeserializeOptions } from './core/credentials/deserialize.js'
export type { ErrorExtensions, GoogleAuthErrorCode } from './core/errors/base.js'
export type { AuthorizationGrant } from './core/flow/flow.js'
export type { AuthorizeParams, FlowOptions } from './core/flow/flow-options.js'
export type { IdTokenExpectations } from './core/provider/id-token.js'
export type { IdTokenClaims } from './core/provider/id-token-claims.js'
export type { VerifyIdTokenOptions } from './core/provider/verify-id-token.js'
export type { LoginAttempt } from './core/flow/login-attempt.js'
export type { OAuth2CredentialsOptions } from './core/credentials/oauth2.js'
export type { LoopbackOptions } from './core/flow/loopback.js'
export type { OriginRule } from './core/api/origins.js'
export type { Fetch } from './core/lib/url.js'
export type { ServiceAccountOptions } from './core/credentials/service-account-credentials.js'
export type { Change, GrantRef, Storage, StorageFor, UpdateOptions } from './core/storage/storage.js'
export type { AccountProfile, LostGrant, TokenRecord } from './core/token/token.js'
export type { FileStorageClient } from './core/file-storage/file-storage.js'
