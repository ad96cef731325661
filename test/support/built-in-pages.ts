import type { FastifyReply, FastifyRequest } from 'fastify'
import * as errors from '../../src/index.js'
import type { ErrorResponses, PlainResponse } from '../../src/plugin/http/error-responses.js'
import { ADA, CALENDAR } from './app.js'

export interface BuiltInPage {
  /** What this page says and, where it can be, no other page. */
  text: string
  /** The error that it tells of. */
  error?: Error & { code?: string; statusCode?: number }
  show: (responses: ErrorResponses, request: FastifyRequest, reply: FastifyReply) => PlainResponse
}

const authorizeUrl = '/auth/start?return_to=%2F'
const user = { ...ADA, emailVerified: true, scopes: ['openid'], signedInAt: 0 }
const facts = { authorizeUrl, user }
const missingScopes = [CALENDAR, 'https://example.com/a-scope-without-words']
const refusedByTheApp = Object.assign(new Error('Only members may sign in.'), { statusCode: 403, code: 'NOT_A_MEMBER' })
const tooMany = Object.assign(new Error('Rate limit exceeded, retry in 1 minute'), { statusCode: 429 })

/** What all pages from 500 on say. The messages of their errors are for developers. */
const TROUBLE = 'Something does not work at the moment.'

const failed = (text: string, error: Error, more: Parameters<ErrorResponses['forError']>[3] = {}): BuiltInPage => ({
  text,
  error,
  show: (responses, request, reply) => responses.forError(request, reply, error, { ...facts, ...more })
})

/** Every page that the plugin makes, by a name of its own. */
export const PAGES: Readonly<Record<string, BuiltInPage>> = {
  'sign-in-required': failed('Sign in with Google first.', new errors.LoginRequiredError(), { user: null }),
  'scope-required': failed(
    'This page needs something that you have not allowed yet.',
    new errors.ScopeRequiredError(missingScopes, authorizeUrl),
    { missingScopes }
  ),
  'sign-in-cancelled': failed(
    'The request was cancelled, or access was refused.',
    new errors.AuthorizationError('access_denied'),
    { user: null }
  ),
  'scope-refused': failed(
    'What you have not allowed yet',
    new errors.AuthorizationError('access_denied', missingScopes),
    { missingScopes }
  ),
  'admin-forbids': failed(
    'Google refused the request: admin_policy_enforced.',
    new errors.AuthorizationError('admin_policy_enforced'),
    { user: null }
  ),
  'stale-attempt': failed('This browser does not know this sign-in', new errors.LoginAttemptError('missing'), {
    user: null
  }),
  'foreign-domain': failed('This account cannot sign in here', new errors.HostedDomainError(), {
    label: 'Use another account'
  }),
  'other-users-only': failed('This account cannot see this page', new errors.EmailNotAllowedError(authorizeUrl)),
  'refused-by-the-app': failed('Only members may sign in.', refusedByTheApp, { label: 'Use another account' }),
  'sign-in-too-old': failed('This page needs a fresh sign-in.', new errors.SignInTooOldError(authorizeUrl)),
  'grant-lost': failed('Google has ended the access that you gave.', new errors.GrantLostError('revoked')),
  'not-connected': failed('Connect your Google account', new errors.AccountNotConnectedError(undefined, authorizeUrl), {
    user: null
  }),
  'another-owner': failed('This was begun for another user of this app', new errors.OwnerMismatchError(), {
    user: null
  }),
  'id-token': failed('What Google sent could not be verified.', new errors.VerifyJwtTokenError('signature')),
  'no-keys': failed('What Google sent could not be verified.', new errors.VerifyJwtTokenError('keys_unavailable')),
  csrf: failed('This sign-in did not begin on a page of this site', new errors.CsrfTokenError()),
  'cross-site': failed('This request came from another site and was refused.', new errors.CrossSiteError()),
  'leads-elsewhere': failed('It leads to a page that is not part of this site.', new errors.ReturnToError()),
  'unknown-scope': failed('It asks for access that this app does not use.', new errors.ScopeNotDeclaredError()),
  'code-refused': failed(
    'Google refused the code (invalid_grant).',
    new errors.FlowExchangeError('invalid_grant', 'code')
  ),
  'app-refused': failed(TROUBLE, new errors.FlowExchangeError('invalid_client', 'app')),
  'exchange-failed': failed(TROUBLE, new errors.FlowExchangeError('timeout', 'trouble')),
  'too-many': failed('Rate limit exceeded, retry in 1 minute', tooMany),
  'out-of-order': failed(TROUBLE, new errors.StorageError('Redis does not answer.')),
  'not-refreshed': failed(TROUBLE, new errors.AccessTokenRefreshError('timeout')),
  'not-revoked': failed(TROUBLE, new errors.TokenRevokeError('timeout')),
  'token-refused': failed('The API refused the access token', new errors.AccessTokenCredentialsError()),
  'foreign-origin': failed(TROUBLE, new errors.OriginNotAllowedError('https://evil.example')),
  'too-large': failed(TROUBLE, new errors.ResponseTooLargeError(1)),
  'no-client-secrets': failed(TROUBLE, new errors.InvalidClientSecretsError('There is no such file.')),
  'kind-of-client': failed(TROUBLE, new errors.UnknownClientSecretsFlowError('This is a client of another type.')),
  'credentials-format': failed(TROUBLE, new errors.CredentialsFormatError('This is not JSON.')),
  'other-account': {
    text: 'You changed accounts',
    show: (responses, request) => responses.replaced(request, 'grace@example.com', user)
  },
  'wrong-account': {
    text: 'You chose another account',
    show: (responses, request) =>
      responses.anotherAccount(request, {
        chosen: 'grace@example.com',
        wanted: ADA.email,
        tryAgainUrl: authorizeUrl,
        continueUrl: '/'
      })
  }
}
