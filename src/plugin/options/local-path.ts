import { ReturnToError } from '../../core/errors/sign-in.js'

/** Longest `return_to`: it travels in a cookie. */
const MAX_LENGTH = 2_000

/**
 * `value` as a path of `origin` (with query and fragment, as `URL` normalises it), or `null` when it is anything else:
 * another origin in one of its many disguises, or not a path at all.
 */
export function localPath(value: unknown, origin: string): string | null {
  if (typeof value !== 'string' || value.length > MAX_LENGTH || !isRooted(value) || hasControls(value)) return null
  if (!URL.canParse(value, origin)) return null
  const url = new URL(value, origin)
  const path = url.pathname + url.search + url.hash
  // Normalising can make a foreign address of an innocent path: /.//evil.example becomes //evil.example.
  return url.origin === origin && isRooted(path) ? path : null
}

/** As `localPath`, for a path that a sign-in may end at: not one that starts the next. Throws a `ReturnToError`. */
export function checkReturnTo(value: unknown, origin: string, notThese: readonly string[]): string {
  const path = localPath(value, origin)
  if (path === null || notThese.includes(new URL(path, origin).pathname)) throw new ReturnToError()
  return path
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
