/** How deep a chain of causes is followed. */
const MAX_DEPTH = 3

/**
 * Codes with messages that are fixed texts: those of oauth4webapi, of this package, and of jose except one, which
 * names a header.
 */
const FIXED_TEXT_CODE = /^(ERR_J(?!OSE_NOT_SUPPORTED$)|OAUTH_|GOOGLE_AUTH_)/
/** Codes of Node and undici. Their messages name hosts and system calls, and no data. */
const SYSTEM_CODE = /^(E[A-Z0-9]{2,}|UND_ERR_[A-Z_]+)$/
/** Names of errors whose messages are fixed texts. */
const FIXED_TEXT_NAMES = new Set(['MaxRetriesPerRequestError'])
/** What Node says when a signal ends something. A caller can put its own text there, which is not copied. */
const ABORTED: Record<string, string> = {
  TimeoutError: 'The operation was aborted due to timeout',
  AbortError: 'This operation was aborted'
}

/**
 * A copy of `error` that can be kept as a `cause` and logged: its name, its code, the lines of its stack, and its message
 * where that is known to be a fixed text. Bodies, parameters, responses and inputs are not copied: libraries attach them
 * to their errors, and `JSON.parse` quotes what it read.
 */
export function withoutSecrets(error: unknown, depth = MAX_DEPTH): Error {
  if (!(error instanceof Error)) return new Error('(not an Error)')
  const code = (error as { code?: unknown }).code
  const copy: Error & { code?: string } = new Error(safeMessage(error, code))
  Object.defineProperty(copy, 'name', { value: error.name, configurable: true, writable: true })
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,60}$/.test(code)) copy.code = code
  copy.stack = [`${error.name}: ${copy.message}`, ...placesOf(error)].join('\n')
  if (error.cause instanceof Error && depth > 1) copy.cause = withoutSecrets(error.cause, depth - 1)
  return copy
}

/** The lines of a stack that name places. They begin after the message, which can have lines that look the same. */
function placesOf({ stack = '', message }: Error): string[] {
  const at = stack.indexOf(message)
  if (at < 0) return []
  return stack
    .slice(at + message.length)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
}

function safeMessage(error: Error, code: unknown): string {
  if (typeof code === 'string' && (FIXED_TEXT_CODE.test(code) || SYSTEM_CODE.test(code))) return error.message
  if (Object.hasOwn(ABORTED, error.name)) return ABORTED[error.name] ?? ''
  if (error.message === 'fetch failed' || FIXED_TEXT_NAMES.has(error.name)) return error.message
  if (error.name === 'ReplyError') return /^[A-Z]+/.exec(error.message)?.[0] ?? '(reply of Redis left out)'
  return '(message left out)'
}
