/** Owners, accounts and a fleet: whatever happens at once, no call has a foreign token, and no end is half done. */
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import type { GoogleClient } from '../../src/index.js'
import { CALENDAR } from '../support/app.js'
import { startConnectFleet } from '../support/connect-fleet.js'

const PROCESSES = 3
const OWNERS = 3
const ACCOUNTS = 3
const RUNS = 40

/** What a lane does, one after another, in its own process. */
type Act =
  | 'connect'
  | 'connect, and the app refuses'
  | 'disconnect'
  | 'revoke'
  | 'revoke all'
  | 'call'
  | 'call the default'
  | 'token ends'
  | 'make default'
  | 'removed at Google'
const ACTS: Act[] = [
  'connect',
  'connect',
  'connect',
  'connect, and the app refuses',
  'disconnect',
  'revoke',
  'revoke all',
  'call',
  'call the default',
  'token ends',
  'make default',
  'removed at Google'
]
/** The user removes the app only at this account, so that the others must never be lost. */
const REMOVABLE = 0
/** Errors that may come of two acts at once. */
const EXPECTED = /AccountNotConnectedError|GrantLostError|TokenRevokeError/

const step = fc.record({
  act: fc.constantFrom(...ACTS),
  owner: fc.nat({ max: OWNERS - 1 }),
  account: fc.nat({ max: ACCOUNTS - 1 })
})
const lanes = fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 4 })

t.test('a fleet, its owners and their accounts', async (t) => {
  const fleet = await startConnectFleet(t)
  const { google } = fleet
  const apps = await Promise.all(
    Array.from({ length: PROCESSES }, () =>
      fleet.start({
        scopes: [CALENDAR],
        onConnect(request) {
          if (request.cookies['refuse'] === '1') throw new Error('refused')
        }
      })
    )
  )

  await fc.assert(
    fc.asyncProperty(lanes, async (plan) => {
      const run = randomUUID().slice(0, 8)
      const owners = Array.from({ length: OWNERS }, (_, at) => `owner-${at}-${run}`)
      const accounts = Array.from({ length: ACCOUNTS }, fleet.account)
      const strange: string[] = []
      const expecting = (error: unknown): void => {
        if (!EXPECTED.test(String(error))) strange.push(String(error))
      }
      const api = apps[0]!.app.googleAuth

      await Promise.all(
        plan.map(async (steps, lane) => {
          const { of, connect, app } = apps[lane % PROCESSES]!
          /** One client for the default account of each owner, used again and again as a long job does. */
          const jobs = new Map<string, GoogleClient>()
          for (const { act, owner: ownerAt, account: accountAt } of steps) {
            const [owner, account] = [owners[ownerAt]!, accounts[accountAt]!]
            const browser = of(owner)
            const { googleAuth } = app
            if (!jobs.has(owner)) jobs.set(owner, googleAuth.clientFor(owner))
            if (act === 'connect' || act === 'connect, and the app refuses') {
              if (act !== 'connect') browser.cookies.set('refuse', { value: '1', attributes: {} })
              const { status, text } = await connect(browser, account)
              const refused = act !== 'connect' && status === 500
              if (status !== 200 && status !== 400 && !refused && !EXPECTED.test(text))
                strange.push(`connect answered ${status}: ${text}`)
            } else if (act === 'disconnect') {
              const { status } = await browser.fetch(`/auth/revoke?account=${account.sub}`, { method: 'POST' })
              if (status !== 204) strange.push(`disconnect answered ${status}`)
            } else if (act === 'revoke') await googleAuth.revoke(owner, account.sub).catch(expecting)
            else if (act === 'revoke all') await googleAuth.revoke(owner).catch(expecting)
            else if (act === 'call') await fleet.call(googleAuth.clientFor(owner, account.sub)).catch(expecting)
            else if (act === 'call the default') {
              const job = jobs.get(owner)!
              await Promise.all([fleet.call(job).catch(expecting), fleet.call(job).catch(expecting)])
            } else if (act === 'token ends') google.expireAccessTokens(account.sub)
            else if (act === 'make default') await googleAuth.makeDefault(owner, account.sub).catch(expecting)
            else if (accountAt === REMOVABLE) google.revokeGrant(account.sub)
          }
        })
      )
      await fleet.ended()
      const foreign = fleet.foreignCalls()

      const held = new Set<string>()
      for (const owner of owners) {
        const listed = await api.accounts(owner)
        const active = listed.filter(({ state }) => state === 'active')
        for (const { account } of active) {
          const worked = await fleet.call(api.clientFor(owner, account)).catch(String)
          if (worked === true) held.add(account)
          else if (account !== accounts[REMOVABLE]!.sub) strange.push(`${owner} ${account} is listed active: ${worked}`)
        }
        if (listed.length > 0 && listed.filter(({ isDefault }) => isDefault).length !== 1)
          strange.push(`${owner} has no default`)
        const client = api.clientFor(owner)
        const worked = await fleet.call(client).catch(String)
        if (listed.length === 0 ? worked === true : client.user !== listed[0]!.account)
          strange.push(`the default of ${owner} is ${client.user}`)
      }
      for (const { sub } of accounts)
        if (!held.has(sub) && google.grants(sub).refreshTokens > 0 && !fleet.failed.some((told) => told.endsWith(sub)))
          strange.push(`nobody holds ${sub}, and it lives`)
      foreign.push(...fleet.foreignCalls())
      t.same([...foreign, ...strange], [])
      return foreign.length + strange.length === 0
    }),
    { numRuns: RUNS, endOnFailure: true }
  )
})
