import { isLoopback, secureBareUrl, secureUrl } from '../../core/lib/url.js'
import type { ClientSecrets } from '../../core/provider/client-secrets.js'
import { type Finding, fine, shown, wrong } from './finding.js'

const ABOUT = 'redirect URI'

/** What a registered URI has in common with the one that was given, but for one small thing; null when it is another. */
function nearMiss(given: URL, registered: string): string | null {
  if (!URL.canParse(registered)) return null
  const other = new URL(registered)
  const bare = ({ pathname }: URL) => pathname.replace(/\/+$/, '')
  if (bare(given) !== bare(other)) return null
  if (given.origin === other.origin) return 'a slash at the end, upper case or a query'
  if (given.host === other.host) return 'the scheme'
  if (isLoopback(given.hostname) && isLoopback(other.hostname)) return 'the host or the port'
  return given.hostname === other.hostname ? 'the port' : null
}

function registration(uri: string, url: URL, { kind, redirectUris }: ClientSecrets): Finding {
  if (redirectUris.includes(uri)) return fine(ABOUT, 'It is registered with the client, letter for letter.')
  // Of an installed client, Google takes any port of a loopback host.
  if (kind === 'installed' && url.protocol === 'http:' && isLoopback(url.hostname)) {
    return fine(ABOUT, 'It is on a loopback host, where an installed client may use any port.')
  }
  const near = redirectUris.flatMap((other) => {
    const difference = nearMiss(url, other)
    return difference === null ? [] : [`${shown(other)} is, which differs by ${difference}`]
  })
  const text = `${shown(uri)} is not registered with the client in the file.${near[0] ? ` ${near[0]}.` : ''}`
  return wrong(
    ABOUT,
    text,
    'Register it in the Google console (APIs & Services, Credentials), letter for letter, and download the file again; or give the registered one.'
  )
}

/** What is wrong with a redirect URI, and with the client that it is for. */
export function checkRedirectUri(uri: string, client: ClientSecrets | null, nodeEnv: string | undefined): Finding[] {
  const url = secureUrl(uri)
  if (url === null) {
    return [
      wrong(
        ABOUT,
        `${shown(uri)} is neither https nor http on a loopback host.`,
        'Give the whole URL with https, such as https://app.example.com/auth/return. Google takes http for 127.0.0.1 and localhost only.'
      )
    ]
  }
  if (secureBareUrl(uri) === null) {
    return [
      wrong(ABOUT, 'It has a user, a password, a query or a fragment.', 'Leave it out: the plugin takes no such URL.')
    ]
  }
  const loopback = isLoopback(url.hostname)
  const place =
    loopback && nodeEnv === 'production'
      ? wrong(ABOUT, `NODE_ENV is production, and ${uri} leads to the machine of each user.`, 'Give the public URL.')
      : fine(ABOUT, loopback ? 'It is on a loopback host, good for development.' : 'It is https.')
  return [place, ...(client ? [registration(uri, url, client)] : [])]
}
