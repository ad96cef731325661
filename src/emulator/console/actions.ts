import type { Endpoint } from '../http/paths.js'
import { Refusal } from '../http/refusal.js'
import type { Fault } from '../state/faults/faults.js'
import { REFRESH_REFUSALS, type RefreshRefusal } from '../state/grants/refresh-refusals.js'
import { endGrant, type World } from '../state/world.js'

const MINUTE_MS = 60_000
const SLOW_MS = 5_000

/** What the page can break: the endpoints, each as people call it. */
export const BREAKABLE: Readonly<Partial<Record<Endpoint, string>>> = {
  token: 'Token endpoint',
  api: 'Calendar API',
  userinfo: 'Userinfo',
  revoke: 'Revocation',
  discovery: 'Discovery',
  jwks: 'Keys'
}

/** How the page can break it. */
export const BREAKAGES: Readonly<Record<string, { text: string; fault: Fault }>> = {
  unavailable: { text: 'answers 503', fault: { status: 503, body: { error: 'backendError' } } },
  limited: {
    text: 'answers 429, come back in 5 s',
    fault: { status: 429, body: { error: 'rate_limit_exceeded' }, headers: { 'retry-after': '5' } }
  },
  grant: {
    text: 'answers invalid_grant',
    fault: { status: 400, body: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' } }
  },
  slow: { text: 'takes 5 s', fault: { delayMs: SLOW_MS } },
  html: { text: 'answers an HTML page', fault: { html: true } },
  reset: { text: 'drops the connection', fault: { reset: true } },
  lost: { text: 'does it, and drops the connection', fault: { reset: true, afterEffect: true } }
}

const wrong = (what: string) => new Refusal(400, what, `${what}\n`)

function subIn(world: World, form: URLSearchParams): string {
  const user = world.users.find(form.get('sub') ?? '')
  if (!user) throw wrong('There is no such account.')
  return user.sub
}

function numberIn(form: URLSearchParams, name: string): number {
  const value = Number(form.get(name) || NaN)
  if (!Number.isSafeInteger(value)) throw wrong(`${name} must be a whole number.`)
  return value
}

/** What the buttons of the page do, by the last part of the path. */
export const ACTIONS: Readonly<Record<string, (world: World, form: URLSearchParams) => void>> = {
  'add-user': (world, form) => {
    const email = form.get('email') ?? ''
    if (!/^[^@\s]+@[^@\s]+$/.test(email) || world.users.find(email)) throw wrong('A new e-mail address is needed.')
    world.users.add({ email })
  },
  expire: (world, form) => world.tokens.expireAccess(subIn(world, form)),
  revoke: (world, form) => endGrant(world, subIn(world, form)),
  refuse: (world, form) => {
    const reason = form.get('reason') ?? ''
    if (reason === '') world.refreshRefusals.end(subIn(world, form))
    else if (Object.hasOwn(REFRESH_REFUSALS, reason))
      world.refreshRefusals.add(subIn(world, form), reason as RefreshRefusal)
    else throw wrong('There is no such reason.')
  },
  break: (world, form) => {
    const endpoint = form.get('endpoint') ?? ''
    const how = form.get('how') ?? ''
    const breakage = Object.hasOwn(BREAKAGES, how) ? BREAKAGES[how] : undefined
    if (!breakage || !Object.hasOwn(BREAKABLE, endpoint)) throw wrong('There is no such fault.')
    world.faults.add(endpoint as Endpoint, { ...breakage.fault, times: numberIn(form, 'times') })
  },
  mend: (world) => world.faults.clear(),
  clock: (world, form) => world.settings.skewClock(numberIn(form, 'minutes') * MINUTE_MS),
  'rotate-keys': (world) => world.keys.rotate(),
  'forget-requests': (world) => world.log.reset()
}
