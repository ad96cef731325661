import type { FastifyReply, FastifyRequest } from 'fastify'
import * as errors from '../../src/index.js'
import type { ErrorResponses, PlainResponse } from '../../src/plugin/http/error-responses.js'
import { ADA, CALENDAR } from './app.js'

const authorizeUrl = '/auth/start?return_to=%2F'
const user = { ...ADA, emailVerified: true, scopes: ['openid'], signedInAt: 0 }
const facts = { authorizeUrl, user }
const missingScopes = [CALENDAR, 'https://example.com/a-scope-without-words']
const refusedByTheApp = Object.assign(new Error('Only members may sign in.'), { statusCode: 403, code: 'NOT_A_MEMBER' })

type Show = (responses: ErrorResponses, request: FastifyRequest, reply: FastifyReply) => PlainResponse

const failed =
  (error: Error, more: Parameters<ErrorResponses['forError']>[3] = {}): Show =>
  (responses, request, reply) =>
    responses.forError(request, reply, error, { ...facts, ...more })

/** Every page that the plugin makes, by a name of its own. */
export const PAGES: Readonly<Record<string, Show>> = {
  'sign-in-required': failed(new errors.LoginRequiredError(), { user: null }),
  'scope-required': failed(new errors.ScopeRequiredError(missingScopes, authorizeUrl), { missingScopes }),
  'sign-in-cancelled': failed(new errors.AuthorizationError('access_denied'), { user: null }),
  'scope-refused': failed(new errors.AuthorizationError('access_denied', missingScopes), { missingScopes }),
  'admin-forbids': failed(new errors.AuthorizationError('admin_policy_enforced'), { user: null }),
  'stale-attempt': failed(new errors.LoginAttemptError('missing'), { user: null }),
  'foreign-domain': failed(new errors.HostedDomainError(), { label: 'Use another account' }),
  'other-users-only': failed(new errors.EmailNotAllowedError(authorizeUrl)),
  'refused-by-the-app': failed(refusedByTheApp, { label: 'Use another account' }),
  'sign-in-too-old': failed(new errors.SignInTooOldError(authorizeUrl)),
  'grant-lost': failed(new errors.GrantLostError('revoked')),
  'not-connected': failed(new errors.AccountNotConnectedError(undefined, authorizeUrl), { user: null }),
  'another-owner': failed(new errors.OwnerMismatchError(), { user: null }),
  'id-token': failed(new errors.VerifyJwtTokenError('signature')),
  csrf: failed(new errors.CsrfTokenError()),
  'cross-site': failed(new errors.CrossSiteError()),
  'too-many': failed(Object.assign(new Error('Rate limit exceeded, retry in 1 minute'), { statusCode: 429 })),
  'out-of-order': failed(new errors.StorageError('Redis does not answer.')),
  'other-account': (responses, request) => responses.replaced(request, 'grace@example.com', user),
  'wrong-account': (responses, request) =>
    responses.anotherAccount(request, {
      chosen: 'grace@example.com',
      wanted: ADA.email,
      tryAgainUrl: authorizeUrl,
      continueUrl: '/'
    })
}
