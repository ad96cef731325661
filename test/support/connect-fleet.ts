import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { GoogleAuthOptions, GoogleClient } from '../../src/index.js'
import type { EmulatorOptions, EmulatorUser, GoogleEmulator } from '../../src/emulator.js'
import { redisKeys } from '../../src/redis/keys.js'
import { startGoogle, startRedisFor } from './app.js'
import { startConnectApp, type ConnectApp } from './connect-app.js'
import { eventually, type RedisServer } from './redis.js'

/** Processes of one app that connects Google, on one Redis, and what the hooks were told. */
export interface ConnectFleet {
  google: GoogleEmulator
  redis: RedisServer
  /** Starts another process. Here it is another app: it shares nothing with the others but Redis. */
  start: (options?: Partial<GoogleAuthOptions>) => Promise<ConnectApp>
  /** `owner account` of each call of `onRevokeFailed`. */
  failed: string[]
  /** A new account at Google. */
  account: () => EmulatorUser
  /** Calls the API. `true`: the token was good. The calendar is a tag by which `foreignCalls` finds the call. */
  call: (client: GoogleClient) => Promise<boolean>
  /** Calls that went out with a token of another account than that of the client. */
  foreignCalls: () => string[]
  /** Waits until no end of a grant is under way. */
  ended: () => Promise<void>
  /** The ends that are under way. */
  notes: () => Promise<string[]>
}

/** There is no such calendar, or consent was narrowed because the user removed the app meanwhile. */
const GOOD = [404, 403]

export async function startConnectFleet(
  t: Test,
  { emulator, redis: given }: { emulator?: EmulatorOptions; redis?: () => GoogleAuthOptions['redis'] } = {}
): Promise<ConnectFleet> {
  const google = await startGoogle(t, emulator)
  const redis = await startRedisFor(t)
  const noted = redisKeys([google.issuer, google.clientSecrets.web.client_id]).ending({ owner: '*', account: '*' })
  const admin = redis.client()
  const failed: string[] = []
  let calls: { tag: string; user: () => string | undefined }[] = []
  const notes = (): Promise<string[]> => admin.keys(noted)
  return {
    google,
    redis,
    failed,
    start: (options = {}) =>
      startConnectApp(t, google, {
        redis: given?.() ?? redis.url,
        onRevokeFailed: ({ owner, account }) => void failed.push(`${owner} ${account}`),
        ...options
      }),
    account() {
      const name = randomUUID()
      return google.addUser({ sub: name, email: `${name}@example.com`, name, givenName: name, familyName: name })
    },
    async call(client) {
      const tag = randomUUID()
      calls.push({ tag, user: () => client.user })
      return GOOD.includes((await client.fetch(`${google.apiOrigin}/calendar/v3/calendars/${tag}/events`)).status)
    },
    foreignCalls() {
      const users = new Map(calls.map(({ tag, user }) => [tag, user()]))
      const sent = google.requests.filter(({ endpoint }) => endpoint === 'api')
      google.resetCounts()
      calls = []
      const tagOf = (path: string): string => path.split('/')[4] ?? ''
      return sent
        .filter(({ path, sub }) => sub === undefined || users.get(tagOf(path)) !== sub)
        .map(({ path, sub }) => `a token of ${sub} for ${users.get(tagOf(path))}`)
    },
    notes,
    ended: () => eventually(async () => (await notes()).length === 0, 40_000)
  }
}
