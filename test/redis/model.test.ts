/**
 * A model check of the rules of a slot that many processes share. The real `LeasedStorage` of three processes runs over a
 * model of the Redis scripts. fast-check decides the order of all steps, which process is killed, which leases end and what
 * the network does. A second property compares the model with the real scripts.
 */
import { StorageError } from '../../src/core/errors/storage.js'
import fc from 'fast-check'
import t from 'tap'
import { Token } from '../../src/core/token/token.js'
import { RedisSlot } from '../../src/redis/slot.js'
import { SharedState, LeasedStorage, LEASE_MS, type TokenSeal, WAIT_MS } from '../../src/redis/leased-storage.js'
import { redisKeys } from '../../src/redis/keys.js'
import { createReader } from '../../src/redis/reads/reader.js'
import { clientNames } from '../support/user-storages.js'
import { startRedis } from '../support/redis.js'
import { type Errand, type Fate, ModelRedis, ModelSlot, type Rule } from '../support/redis-model.js'

const PROCESSES = 3
const RUNS = 2_000
/** The length of a waiter's pause in the model: a lost lease ends after a few of them. */
const PAUSE_MS = 1_000
/** The largest number of late commands. With so few, no lease ends because of them. */
const MOST_LATE = 3

type Act = 'refresh' | 'refresh behind' | 'sign in' | 'sign in by put' | 'revoke'
/** Events from outside. `evict`: an operator, or a full Redis, removes the record. */
type Event = 'kill' | 'lease runs out' | 'evict'

interface Plan {
  acts: { act: Act; process: number }[]
  events: { event: Event; process: number }[]
  /** The fate of each command, in turn. */
  fates: Fate[]
  /** Which of the possible next steps happens. */
  choices: number[]
  pauseMs: number
}

const ACTS: Act[] = ['refresh', 'refresh', 'refresh behind', 'sign in', 'sign in by put', 'revoke']
const EVENTS: Event[] = ['kill', 'lease runs out', 'evict']
const FATES: Fate[] = ['fine', 'fine', 'fine', 'fine', 'fine', 'twice', 'late']

const process_ = fc.nat({ max: PROCESSES - 1 })
const choices = fc.array(fc.nat({ max: 30 }), { minLength: 50, maxLength: 150 })
const acts = fc.array(fc.record({ act: fc.constantFrom(...ACTS), process: process_ }), { minLength: 2, maxLength: 8 })
const plan: fc.Arbitrary<Plan> = fc.record({
  acts,
  events: fc.array(fc.record({ event: fc.constantFrom(...EVENTS), process: process_ }), { maxLength: 3 }),
  fates: fc.array(fc.constantFrom(...FATES), { maxLength: 60 }),
  choices,
  pauseMs: fc.constant(PAUSE_MS)
})
/** A plan without failures, for which more is promised. */
const calmPlan: fc.Arbitrary<Plan> = fc.record({
  acts,
  events: fc.constant([]),
  fates: fc.constant([]),
  choices,
  pauseMs: fc.constant(0)
})
/** A plan in which the storage sometimes fails while one token is refreshed, and no process is killed. */
const troubledPlan: fc.Arbitrary<Plan> = fc.record({
  acts: acts.map((all) => [
    { act: 'sign in', process: 0 },
    ...all.filter(({ act }) => act.startsWith('refresh')),
    { act: 'refresh', process: 1 }
  ]),
  events: fc.constant([]),
  fates: fc
    .array(fc.constantFrom<Fate>('fine', 'fine', 'fine', 'twice', 'late'), { maxLength: 25 })
    .filter((fates) => fates.filter((fate) => fate === 'late').length <= MOST_LATE),
  choices,
  pauseMs: fc.constant(10)
})

/** Runs the steps in the chosen order. (The scheduler of fast-check waits for a timer at every step.) */
class Scheduler {
  readonly #choices: number[]
  readonly #waiting: (() => void)[] = []

  constructor(choices: number[]) {
    this.#choices = [...choices]
  }

  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async runAll(): Promise<void> {
    for (await settled(); this.#waiting.length > 0; await settled()) {
      const [chosen] = this.#waiting.splice((this.#choices.shift() ?? 0) % this.#waiting.length, 1)
      chosen?.()
    }
  }
}

/** Resolves when all work that needs no scheduled step is done. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** `1.2`: grant 1, refreshed twice. */
const tokenOf = (grant: number, count: number): Token =>
  Token.from({ accessToken: `${grant}.${count}`, refreshToken: `${grant}.${count}`, scopes: [] })
const grantOf = (name: string): number => Number(name.split('.')[0])
const countOf = (name: string): number => Number(name.split('.')[1])

const seal: TokenSeal = {
  seal: (token) => Buffer.from(token.accessToken),
  open: (sealed) => tokenOf(grantOf(sealed.toString()), countOf(sealed.toString()))
}

const DEAD = 'Dead'

class Dead extends Error {
  override name = DEAD
}

/** The error itself, or the cause of a storage error. */
const isDeath = (error: unknown): boolean =>
  error instanceof Dead || (error instanceof Error && error.cause instanceof Error && error.cause.name === DEAD)

class World {
  readonly redis: ModelRedis
  readonly wrong: string[] = []
  /** Acts that failed, and those of them with a refresh token that was not the newest. */
  failed = 0
  refused = 0
  readonly #scheduler: Scheduler
  readonly #fates: Fate[]
  readonly #alive = Array.from({ length: PROCESSES }, () => true)
  readonly #shared: SharedState[]
  /** A provider that rotates: the refresh token of each grant that it accepts. */
  readonly #valid = new Map<number, number>()
  #grants = 0
  #randoms = 0

  // All values of the record, the number of its writes and removals, and that number when each result was begun.
  readonly #history: string[] = ['']
  #writes = 0
  readonly #writesBefore = new Map<string, number>()
  readonly #signingIn = new Set<number>()
  #inside: { lease: string; process: number } | null = null

  constructor({ fates, choices, pauseMs }: Plan, forgotten?: Rule) {
    this.#scheduler = new Scheduler(choices)
    this.#fates = [...fates]
    this.redis = new ModelRedis(forgotten)
    this.redis.onWrite = (next, lease, errand) => this.#wrote(next?.sealed.toString() ?? '', lease, errand)
    this.#shared = this.#alive.map(
      (_, process) =>
        new SharedState({
          leaseMs: LEASE_MS,
          waitMs: WAIT_MS,
          world: {
            clock: () => this.redis.now,
            pause: async () => {
              await this.#next(process)
              this.redis.now += pauseMs
            },
            random: () => `random-${String(this.#randoms++).padStart(15, '0')}`
          }
        })
    )
  }

  async play({ acts, events }: Plan): Promise<void> {
    const works = [
      ...acts.map(({ act, process }) => this.#scheduler.next().then(() => this.#act(act, process))),
      ...events.map(({ event, process }) => this.#scheduler.next().then(() => this.#happen(event, process)))
    ]
    await this.#scheduler.runAll()
    await Promise.all(works)
  }

  /** Waits for the next step of a process. A killed process never continues. */
  async #next(process: number): Promise<void> {
    await this.#scheduler.next()
    if (!this.#alive[process]) throw new Dead()
  }

  /** Checks every write. */
  #wrote(name: string, lease?: string, errand?: Errand): void {
    const before = this.#history.at(-1) ?? ''
    // The successor of a token can be stored at any time. Any other write must not happen after its request failed.
    const isSuccessor = lease !== undefined && before !== '' && name !== ''
    if (errand?.over && !isSuccessor) this.wrong.push(`${name} was written after it was given up on`)
    if (name === before && name !== '') return // the same command again
    this.#writes++
    if (lease !== undefined && this.#writesBefore.get(name) !== this.#writes - 1) {
      this.wrong.push(`${name} was computed over something that is no longer there`)
    }
    const grant = grantOf(name)
    if (name !== '' && this.#history.some((earlier) => grantOf(earlier) === grant)) {
      const isRefresh = grantOf(before) === grant && countOf(name) > countOf(before)
      if (!isRefresh && !this.#signingIn.has(grant)) this.wrong.push(`${name} came back after ${before}`)
    }
    this.#history.push(name)
  }

  async #act(act: Act, process: number): Promise<void> {
    const errand = { over: false }
    const pass = (): Promise<void> => this.#next(process)
    const slot = new ModelSlot(this.redis, { pass, fate: () => this.#fates.shift() ?? 'fine' }, errand)
    const storage = new LeasedStorage(slot, 'ann', seal, this.#shared[process] ?? new SharedState({}))
    try {
      if (act === 'revoke') await storage.delete()
      else if (act === 'sign in' || act === 'sign in by put') await this.#signIn(storage, process, act)
      else await this.#refresh(storage, process, act === 'refresh behind')
    } catch (error) {
      if (isDeath(error)) return
      this.failed++
      const refused = error instanceof Error && error.message === 'invalid_grant'
      if (refused) this.refused++
      else if (!(error instanceof StorageError)) throw error
    } finally {
      errand.over = true
    }
  }

  async #signIn(storage: LeasedStorage, process: number, act: Act): Promise<void> {
    const grant = ++this.#grants
    this.#valid.set(grant, 0)
    this.#signingIn.add(grant)
    try {
      if (act === 'sign in by put') await storage.put(tokenOf(grant, 0))
      else await storage.update(this.#inTurn(process, () => Promise.resolve(tokenOf(grant, 0))))
    } finally {
      this.#signingIn.delete(grant)
    }
  }

  async #refresh(storage: LeasedStorage, process: number, behind: boolean): Promise<void> {
    await storage.update(
      this.#inTurn(process, async (latest) => {
        if (latest === null) return null
        await this.#next(process)
        const [grant, count] = [grantOf(latest.accessToken), countOf(latest.accessToken)]
        if (this.#valid.get(grant) !== count) throw new Error('invalid_grant')
        this.#valid.set(grant, count + 1)
        await this.#next(process)
        return tokenOf(grant, count + 1)
      }),
      { wait: !behind }
    )
  }

  /** A change that notes its start, and checks that no other process with a lease is at work. */
  #inTurn(process: number, change: (latest: Token | null) => Promise<Token | null>) {
    return async (latest: Token | null): Promise<Token | null> => {
      const lease = this.redis.lease?.value ?? ''
      if (this.#inside !== null && this.#alive[this.#inside.process] && this.redis.holds(this.#inside.lease)) {
        this.wrong.push(`process ${process} is inside together with process ${this.#inside.process}`)
      }
      const entered = { lease, process }
      this.#inside = entered
      const writes = (latest?.accessToken ?? '') === this.#history.at(-1) ? this.#writes : NaN
      try {
        const next = await change(latest)
        this.#writesBefore.set(next?.accessToken ?? '', writes)
        return next
      } finally {
        if (this.#inside === entered) this.#inside = null
      }
    }
  }

  #happen(event: Event, process: number): void {
    if (event === 'kill') this.#alive[process] = false
    if (event === 'lease runs out') this.redis.now += LEASE_MS
    if (event === 'evict' && this.redis.record !== null) {
      this.redis.record = null
      this.#wrote('')
    }
  }
}

const property = (plans: fc.Arbitrary<Plan>, holds: (world: World) => boolean, forgotten?: Rule) =>
  fc.asyncProperty(plans, async (chosen) => {
    const world = new World(chosen, forgotten)
    await world.play(chosen)
    return holds(world)
  })

const nothingWrong = ({ wrong }: World): boolean => wrong.length === 0

t.test('in all cases: no unseen record is overwritten, none comes back, no newer one is lost', async (t) => {
  const outcome = await fc.check(property(plan, nothingWrong), { numRuns: RUNS })
  t.notOk(outcome.failed, said(outcome))
})

t.test('without failures, no call fails, and every refresh token in use is the newest', async (t) => {
  const outcome = await fc.check(
    property(calmPlan, (world) => nothingWrong(world) && world.failed === 0),
    { numRuns: RUNS }
  )
  t.notOk(outcome.failed, said(outcome))
})

t.test('a failing storage loses no refresh token', async (t) => {
  const outcome = await fc.check(
    property(troubledPlan, (world) => nothingWrong(world) && world.refused === 0),
    { numRuns: RUNS / 2 }
  )
  t.notOk(outcome.failed, said(outcome))
})

t.test('each rule is needed: without it, the check fails', async (t) => {
  for (const rule of ['generation', 'lease', 'mark', 'fence'] as const) {
    const outcome = await fc.check(property(plan, nothingWrong, rule), { numRuns: 5 * RUNS, endOnFailure: true })
    t.ok(outcome.failed, `without the rule ${rule}: found after ${outcome.numRuns} interleavings`)
  }
})

t.test('the model behaves like the scripts', async (t) => {
  const server = await startRedis()
  t.teardown(() => server.stop())
  const client = server.client()
  const keys = redisKeys(clientNames('c')).grant({ owner: 'ann', account: 'ann' })
  const real = new RedisSlot({ redis: client, writer: client, read: createReader(client) }, keys, 0)

  const lease = fc.constantFrom('lease-1'.padEnd(16, '.'), 'lease-2'.padEnd(16, '.'))
  const generation = fc.constantFrom('a'.repeat(16), 'b'.repeat(16))
  const next = fc.option(fc.record({ generation, sealed: fc.constant(Buffer.from('sealed')) }), { nil: null })
  const seen = fc.oneof(generation, fc.constant(''))
  const inTime = fc.boolean()
  const step = fc.oneof(
    lease.map((id) => ({ do: 'acquire' as const, id })),
    lease.map((id) => ({ do: 'release' as const, id })),
    fc.record({ do: fc.constant('put' as const), next, inTime }),
    fc.record({ do: fc.constant('store' as const), id: lease, seen, next, inTime }),
    fc.constantFrom({ do: 'lease ends' as const }, { do: 'evict' as const })
  )
  const outcome = await fc.check(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await client.flushall()
      const model = new ModelRedis()
      for (const chosen of steps) {
        const { at } = await real.snapshot()
        const after = (early: boolean, now: number): number => now + (early ? 60_000 : -60_000)
        if (chosen.do === 'acquire') {
          const { acquired, stored } = await real.acquire(chosen.id, LEASE_MS)
          same({ acquired, stored }, pick(model.acquire(chosen.id, LEASE_MS)))
        } else if (chosen.do === 'release') {
          await real.release(chosen.id)
          model.release(chosen.id)
        } else if (chosen.do === 'put') {
          const written = await real.write({ notAfter: after(chosen.inTime, at), next: chosen.next })
          same(written, model.write({ notAfter: after(chosen.inTime, model.now), next: chosen.next }))
        } else if (chosen.do === 'store') {
          const write = { condition: { lease: chosen.id, generation: chosen.seen }, next: chosen.next }
          const written = await real.write({ ...write, notAfter: after(chosen.inTime, at) })
          same(written, model.write({ ...write, notAfter: after(chosen.inTime, model.now) }))
        } else if (chosen.do === 'evict') {
          await client.del(keys.record)
          model.record = null
        } else {
          await client.del(keys.lease)
          model.lease = null
        }
        same(await client.get(keys.lease), model.lease?.value ?? null)
        same(await real.read(), model.stored())
      }
    }),
    { numRuns: 300 }
  )
  t.notOk(outcome.failed, said(outcome))
})

function said<T>(outcome: fc.RunDetails<T>): string {
  return fc.defaultReportMessage(outcome) ?? `${outcome.numRuns} interleavings`
}

function pick({ acquired, stored }: ReturnType<ModelRedis['acquire']>) {
  return { acquired, stored }
}

function same(one: unknown, other: unknown): void {
  const [left, right] = [JSON.stringify(one), JSON.stringify(other)]
  if (left !== right) throw new Error(`Redis says ${left}, the model ${right}`)
}
