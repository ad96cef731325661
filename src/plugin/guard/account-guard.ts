import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccountNotConnectedError } from '../../core/errors/account.js'
import { GrantLostError } from '../../core/errors/grant.js'
import { ScopeRequiredError } from '../../core/errors/guard.js'
import { missingFrom } from '../../core/token/scopes.js'
import type { Grants } from '../../grants/grants.js'
import type { Refusals } from '../connect/refusals.js'
import { found, type FoundToken } from '../../core/storage/found.js'
import type { PlainResponse } from '../http/error-responses.js'
import type { StartUrls } from '../sign-in/start-url.js'
import type { Guarded } from './guard-options.js'
import type { SignInPrompt } from './sign-in-prompt.js'

export interface AccountGuardParts {
  grants: Grants
  refusals: Refusals
  urls: StartUrls
  prompt: SignInPrompt
}

/** The account that a request needs: `account` is `undefined` for the default one of the owner. */
export interface NeededAccount {
  owner: string
  account: string | undefined
}

/** Guards routes that need a connected account. What is stored decides: the session knows only the user's own account. */
export class AccountGuard {
  readonly #parts: AccountGuardParts

  constructor(parts: AccountGuardParts) {
    this.#parts = parts
  }

  /** `null` when the account is connected and has granted `scopes`, else the response that asks for it. */
  async check(
    request: FastifyRequest,
    reply: FastifyReply,
    needed: NeededAccount,
    needs: Pick<Guarded, 'scopes' | 'bearer'>
  ): Promise<PlainResponse | null> {
    const { scopes, bearer: onlyApi } = needs
    const { account, token } = await this.#find(needed)
    const asked = { owner: needed.owner, account, onlyApi }
    if (token !== null && token !== 'unreadable' && token.lost === undefined) {
      const missing = missingFrom(token.scopes, scopes)
      if (missing.length === 0) return null
      return this.#ask(request, reply, asked, missing, (url) => new ScopeRequiredError(missing, url))
    }
    const error = token === null ? undefined : lossOf(token)
    return this.#ask(request, reply, asked, scopes, (url) => error ?? new AccountNotConnectedError(account, url))
  }

  async #find({ owner, account }: NeededAccount): Promise<{ account: string | undefined; token: FoundToken }> {
    const { grants } = this.#parts
    const name = account ?? (await grants.defaultAccount(owner))
    if (name === null) return { account: undefined, token: null }
    return { account: name, token: await found(grants.callStorageFor(owner, name)) }
  }

  #ask(
    request: FastifyRequest,
    reply: FastifyReply,
    { owner, account, onlyApi }: NeededAccount & { onlyApi: boolean },
    missing: string[],
    errorWith: (authorizeUrl: string) => Error
  ): PlainResponse {
    const { urls, prompt, refusals } = this.#parts
    const authorizeUrl = urls.backFrom(request, { connect: true, scopes: missing, loginHint: account })
    const refused = refusals.of(request, owner, account)
    const error = errorWith(authorizeUrl)
    const refusedBefore =
      error instanceof ScopeRequiredError ? missing.some((scope) => refused.includes(scope)) : refused.length > 0
    const missingScopes = error instanceof ScopeRequiredError ? { missingScopes: missing } : {}
    return prompt.ask(request, reply, error, { authorizeUrl, refusedBefore, onlyApi, ...missingScopes })
  }
}

function lossOf(token: Exclude<FoundToken, null>): GrantLostError {
  if (token === 'unreadable') return new GrantLostError('unreadable')
  return new GrantLostError(token.lost?.reason ?? 'missing', token.lost?.likelyCause)
}
