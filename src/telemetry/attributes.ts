import type { Attributes } from '@opentelemetry/api'
import type { Facts } from '../core/lib/traced.js'

/** The attribute that each fact becomes. @see https://opentelemetry.io/docs/specs/semconv/ */
const NAMES = {
  kind: 'google_auth.kind',
  outcome: 'google_auth.outcome',
  reason: 'google_auth.reason',
  likelyCause: 'google_auth.likely_cause',
  owner: 'google_auth.owner',
  account: 'google_auth.account',
  operation: 'google_auth.storage.operation',
  method: 'http.request.method',
  status: 'http.response.status_code'
} as const

type FactName = keyof typeof NAMES | 'host' | 'error'

const ALL = [...Object.keys(NAMES), 'host', 'error'] as FactName[]

/** The facts `wanted` (default: all) as attributes. What is not known has none. */
export function attributesOf(facts: Facts, wanted: readonly FactName[] = ALL): Attributes {
  const known = facts as Record<string, unknown>
  const attributes: Attributes = {}
  for (const fact of wanted) {
    if (fact === 'host') Object.assign(attributes, serverOf(known[fact]))
    else if (fact === 'error') Object.assign(attributes, errorTypeOf(known))
    else if (known[fact] !== undefined) attributes[NAMES[fact]] = known[fact] as string | number
  }
  return attributes
}

function serverOf(host: unknown): Attributes {
  if (typeof host !== 'string') return {}
  const [, address = host, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? []
  return { 'server.address': address, ...(port === undefined ? {} : { 'server.port': Number(port) }) }
}

/** The code of the error: there are few of them, so it is fit for metrics too. */
function errorTypeOf({ code, error }: { code?: unknown; error?: unknown }): Attributes {
  const { code: thrown, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  const type = code ?? thrown ?? name
  return type === undefined ? {} : { 'error.type': type as string }
}
