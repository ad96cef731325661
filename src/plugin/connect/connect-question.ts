import { mergeScopes } from '../../core/token/scopes.js'
import { accountsOf, type GoogleAccount } from '../grants/accounts.js'
import type { Grants } from '../../grants/grants.js'
import { queryOf } from '../http/navigation.js'
import type { Settings } from '../options/options.js'
import { requiredPrincipal, type PrincipalOf } from '../principal/principal.js'
import { sha256 } from '../../core/lib/sha256.js'
import type { Asked, ConnectQuestion } from '../sign-in/start-route.js'
import { CONNECT } from '../sign-in/start-url.js'

export interface ConnectQuestionParts {
  settings: Settings
  principalOf: PrincipalOf
  grants: Grants
}

/**
 * What a request asks that connects an account. With the option `owner` each request does, else one with `connect=1`. Throws a
 * `LoginRequiredError` for nobody. A connected account, named by `login_hint`, is asked for what it granted already and the new
 * scopes together: only what one visit grants is in its tokens.
 */
export function createConnectQuestion({ settings, principalOf, grants }: ConnectQuestionParts): ConnectQuestion {
  return async (request, { returnTo, scopes, loginHint }) => {
    if (settings.signsIn && queryOf(request).get(CONNECT) !== '1') return null
    const { owner } = requiredPrincipal(principalOf, request)
    if (!settings.keepsAccounts) throw new TypeError(NEEDS_REDIS)
    const known =
      loginHint === undefined ? undefined : (await accountsOf({ grants, settings }, owner)).find(isNamed(loginHint))
    const all = mergeScopes(mergeScopes(settings.scopes, known?.scopes ?? []), scopes)
    if (known !== undefined) return questionFor({ ...known, scopes: all }, owner, returnTo)
    return {
      scopes: all,
      prompt: loginHint === undefined ? 'select_account consent' : 'consent',
      loginHint,
      includeGrantedScopes: false,
      held: { returnTo, connectOf: sha256(owner), ...(loginHint === undefined ? {} : { wanted: loginHint }) }
    }
  }
}

/** What is asked for an account that is connected: `scopes` are those that it granted already, and the new ones. */
export function questionFor(
  { account, email, scopes }: Pick<GoogleAccount, 'account' | 'email' | 'scopes'>,
  owner: string,
  returnTo: string
): Asked {
  return {
    scopes,
    prompt: 'consent',
    loginHint: email ?? account,
    includeGrantedScopes: false,
    held: {
      returnTo,
      connectOf: sha256(owner),
      wanted: account,
      ...(email === undefined ? {} : { wantedName: email })
    }
  }
}

const NEEDS_REDIS =
  'Adding accounts needs the option redis beside storage: the list of the accounts of a user is kept there. Set redis.'

function isNamed(hint: string): (account: GoogleAccount) => boolean {
  return ({ account, email }) => account === hint || email?.toLowerCase() === hint.toLowerCase()
}
