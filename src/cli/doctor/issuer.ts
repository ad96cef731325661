import { type Fetch, secureBareUrl, secureUrl } from '../../core/lib/url.js'
import { providerFetch } from '../../core/provider/fetch.js'
import { CLOCK_TOLERANCE_S } from '../../core/provider/id-token.js'
import { networkCode } from '../network-code.js'
import { type Finding, fine, shown, wrong } from './finding.js'

const ABOUT = 'issuer'
const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const
const CONNECT = 'Look at the network, the proxy and the firewall of this machine.'

type Json = Record<string, unknown>

/** The JSON object at a URL and the headers of the answer, or in a few words why there is none. */
async function read(url: string, fetch: Fetch): Promise<{ document: Json; headers: Headers } | string> {
  try {
    const response = await fetch(url)
    if (response.status !== 200) return `answers ${response.status}`
    const document: unknown = await response.json().catch(() => null)
    if (typeof document !== 'object' || document === null) return 'does not answer with a JSON object'
    return { document: document as Json, headers: response.headers }
  } catch (error) {
    return `cannot be reached (${networkCode(error)})`
  }
}

/** How the clock of this machine stands to that of the issuer; nothing where the answer has no date. */
function clock(headers: Headers, now: number): Finding[] {
  // A cache keeps the date of the answer, and says how old it is.
  const theirs = Date.parse(headers.get('date') ?? '') + Number(headers.get('age') ?? 0) * 1000
  if (Number.isNaN(theirs)) return []
  const aheadS = Math.round((now - theirs) / 1000)
  const text = `The clock of this machine is ${Math.abs(aheadS)} s ${aheadS < 0 ? 'behind' : 'ahead of'} that of the issuer.`
  if (Math.abs(aheadS) <= CLOCK_TOLERANCE_S) return [fine('clock', 'It agrees with that of the issuer.')]
  const fix = 'Have it set by a time server, such as by: timedatectl set-ntp true'
  return [wrong('clock', `${text} ID tokens are refused beyond ${CLOCK_TOLERANCE_S} s.`, fix)]
}

async function keys(url: string, fetch: Fetch): Promise<Finding> {
  const answer = await read(url, fetch)
  if (typeof answer === 'string') return wrong('keys', `${shown(url)} ${answer}.`, CONNECT)
  const listed = Array.isArray(answer.document['keys']) ? (answer.document['keys'] as Json[]) : []
  const usable = listed.filter(({ kty, use }) => kty === 'RSA' && use !== 'enc').length
  if (usable > 0) return fine('keys', `${usable} key${usable === 1 ? '' : 's'} for ID tokens can be read.`)
  return wrong(
    'keys',
    `${shown(url)} has no RSA key, so no ID token can be checked.`,
    'Have the issuer sign with RS256.'
  )
}

/** What is wrong with an issuer: its discovery document, its keys, and the clock of this machine against its own. */
export async function checkIssuer(issuer: string, nodesFetch: Fetch = fetch, now = Date.now): Promise<Finding[]> {
  if (secureBareUrl(issuer) === null) {
    const text = `${shown(issuer)} cannot be an issuer: it must be https, or http on a loopback host, without user, query and fragment.`
    return [wrong(ABOUT, text, 'Give it as the provider writes it. Google is https://accounts.google.com')]
  }
  const asking = providerFetch(nodesFetch)
  const place = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const answer = await read(place, asking)
  if (typeof answer === 'string') return [wrong(ABOUT, `${place} ${answer}.`, CONNECT)]
  const { document, headers } = answer
  const time = clock(headers, now())
  if (document['issuer'] !== issuer) {
    const named = typeof document['issuer'] === 'string' ? `names ${shown(document['issuer'])}` : 'names no issuer'
    return [wrong(ABOUT, `Its document ${named}, and not ${issuer}.`, 'Give the issuer letter for letter.'), ...time]
  }
  const missing = ENDPOINTS.filter((name) => secureUrl(document[name]) === null)
  if (missing.length > 0) {
    const text = `Its document has no usable ${missing.join(' and no usable ')}.`
    return [wrong(ABOUT, text, 'Use a provider of OpenID Connect whose endpoints are https.'), ...time]
  }
  return [fine(ABOUT, 'Its document can be read.'), await keys(String(document['jwks_uri']), asking), ...time]
}
