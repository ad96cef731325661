import type { AuthorizationRequest } from '../state/grants/pending-requests.js'
import type { ConsentQuestion } from './consent-page.js'
import { isSignInScope } from '../state/grants/scopes.js'

/** Whether the consent page is shown: a scope is not granted yet, or the app asks for the page. */
export function needsConsent(request: AuthorizationRequest, granted: ReadonlySet<string>): boolean {
  return request.prompt.has('consent') || request.scopes.some((scope) => !granted.has(scope))
}

/** The scopes for the consent page. Each new scope that does more than sign in gets a box. */
export function consentQuestion(
  scopes: readonly string[],
  granted: ReadonlySet<string>,
  descriptions: Readonly<Record<string, string>>
): ConsentQuestion {
  const entries = (wanted: (scope: string) => boolean) =>
    scopes.filter(wanted).map((scope): [string, string] => [scope, descriptions[scope] ?? scope])
  return {
    signIn: entries(isSignInScope),
    already: entries((scope) => !isSignInScope(scope) && granted.has(scope)),
    asked: entries((scope) => !isSignInScope(scope) && !granted.has(scope))
  }
}
