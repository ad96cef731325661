/** The longest `return_to`, in its normal form: it is kept in a cookie. */
const MAX_LENGTH = 2_000

/**
 * `value` as a path of `origin`, with query and fragment, in the normal form that `URL` gives; `null` for any other value: not
 * a path, too long, or a path that a browser reads as another origin.
 */
function localPath(value: unknown, origin: string): string | null {
  if (typeof value !== 'string' || !isRooted(value) || hasControls(value) || !URL.canParse(value, origin)) return null
  const url = new URL(value, origin)
  const path = url.pathname + url.search + url.hash
  // The normal form can be an address of another site: /.//evil.example becomes //evil.example.
  return url.origin === origin && isRooted(path) && path.length <= MAX_LENGTH ? path : null
}

/** As `localPath`; an absolute URL of one of the `trusted` origins is returned too. */
export function returnTarget(value: unknown, origin: string, trusted: readonly string[]): string | null {
  const path = localPath(value, origin)
  if (path !== null || typeof value !== 'string' || hasControls(value) || !/^https?:\/\/[^/]/.test(value)) return path
  const url = URL.canParse(value) ? new URL(value) : null
  const plain = url !== null && url.username === '' && url.password === '' && url.href.length <= MAX_LENGTH
  return plain && trusted.includes(url.origin) ? url.href : null
}

/** A path as a router may read it: decoded, in lower case, without doubled slashes and a slash at the end. */
export function asRouted(path: string): string {
  let decoded = path
  try {
    decoded = decodeURIComponent(path)
  } catch {
    // A router cannot decode it either.
  }
  return decoded
    .toLowerCase()
    .replace(/\/{2,}/g, '/')
    .replace(/(?<=.)\/$/, '')
}

/** Browsers read a backslash as a slash. */
function isRooted(path: string): boolean {
  return /^\/(?![/\\])/.test(path)
}

function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x20 || code === 0x7f || code === 0x5c) return true
  }
  return false
}
