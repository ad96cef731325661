import type { AuthorizationRequest } from '../state/pending-requests.js'
import type { ConsentQuestion } from './consent-page.js'
import { isSignInScope } from '../state/scopes.js'

/** Whether the user must be asked: something is not granted yet, or the app wants the page. */
export function needsConsent(request: AuthorizationRequest, granted: ReadonlySet<string>): boolean {
  return request.prompt.has('consent') || request.scopes.some((scope) => !granted.has(scope))
}

/** What the consent page asks for these scopes: a box for each that is new and does more than sign in. */
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
