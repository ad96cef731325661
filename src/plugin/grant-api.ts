import type { FastifyBaseLogger } from 'fastify'
import { AccountNotConnectedError } from '../core/errors/account.js'
import { deferred } from '../core/storage/decorators.js'
import type { Grants } from '../grants/grants.js'
import type { GoogleAuth } from './google-auth.js'
import { accountsOf } from './grants/accounts.js'
import type { Clients } from './grants/clients.js'
import { refreshIdle } from './grants/refresh-idle.js'
import type { Revoke } from './grants/revoke.js'
import { found } from '../core/storage/found.js'
import { statusOf } from './grants/status.js'
import type { Settings } from './options/options.js'
import { checkedId } from './principal/names.js'
import type { UserSessions } from './session/user-sessions.js'

export interface GrantApiParts {
  settings: Settings
  grants: Grants
  clients: Clients
  sessions: UserSessions
  revoke: Revoke
  /** Takes up the ends that a crash cut short, in the background. */
  finishEnds: () => void
  log: FastifyBaseLogger
}

type GrantApi = Omit<GoogleAuth, 'required' | 'startUrl' | 'flow' | 'verifyIdToken' | 'oneTapNonce'>

/** The part of `app.googleAuth` that is about the grants of owners, outside any request. */
export function createGrantApi({
  settings,
  grants,
  clients,
  sessions,
  revoke,
  finishEnds,
  log
}: GrantApiParts): GrantApi {
  const ids = (owner: string, account?: string): [string, string | undefined] => [
    checkedId(owner),
    account === undefined ? undefined : checkedId(account, 'An account')
  ]
  const defaultOf = (owner: string): Promise<string | null> =>
    settings.isOwn({ owner, account: owner }) ? Promise.resolve(owner) : grants.defaultAccount(owner)
  return {
    clientFor: (owner, account) => clients.clientFor(...ids(owner, account)),
    storageFor(owner, account) {
      const [checkedOwner, named] = ids(owner, account)
      if (named !== undefined) return grants.storageFor(checkedOwner, named)
      if (settings.isOwn({ owner, account: owner })) return grants.storageFor(owner, owner)
      return deferred(async () => {
        const name = await grants.defaultAccount(owner)
        if (name === null) throw new AccountNotConnectedError()
        return grants.storageFor(owner, name)
      })
    },
    accounts: async (owner) => accountsOf({ grants, settings }, checkedId(owner)),
    async makeDefault(owner, account) {
      const [checkedOwner, name = ''] = ids(owner, checkedId(account, 'An account'))
      if (settings.signsIn)
        throw new TypeError(
          'makeDefault() is for the option owner. The default account of a signed-in user is the one they sign in with.'
        )
      if (!(await grants.makeDefault(checkedOwner, name))) throw new AccountNotConnectedError(name)
    },
    async status(owner, account) {
      const [checkedOwner, named] = ids(owner, account)
      const name = named ?? (await defaultOf(checkedOwner))
      return statusOf(name === null ? null : await found(grants.storageFor(checkedOwner, name)), Date.now())
    },
    async *grants({ signal } = {}) {
      for await (const page of grants.pages(signal)) {
        const tokens = await Promise.all(page.map(({ owner, account }) => found(grants.storageFor(owner, account))))
        for (const [position, grant] of page.entries()) {
          if (signal?.aborted) return
          const status = statusOf(tokens[position] ?? null, Date.now())
          if (status.state !== 'none') yield { ...grant, ...status }
        }
      }
    },
    async refreshIdle(options) {
      finishEnds()
      return refreshIdle({ grants, clients, log }, options)
    },
    signOutEverywhere: async (userId) => sessions.endAll(checkedId(userId)),
    async revoke(owner, account) {
      const names = ids(owner, account)
      finishEnds()
      return { revokedAtGoogle: await revoke(...names) }
    }
  }
}
