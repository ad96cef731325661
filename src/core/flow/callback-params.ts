/** The return from the provider: its URL, its search parameters, or its query as an object. */
export type Callback = string | URL | URLSearchParams | Readonly<Record<string, unknown>>

/** The parameters of a return. One that was sent twice is there twice. */
export function paramsOf(callback: Callback): URLSearchParams {
  if (callback instanceof URL) return new URLSearchParams(callback.searchParams)
  if (callback instanceof URLSearchParams) return new URLSearchParams(callback)
  if (typeof callback === 'string') {
    const at = callback.indexOf('?')
    return new URLSearchParams(
      URL.canParse(callback) ? new URL(callback).search : withoutFragment(at < 0 ? callback : callback.slice(at))
    )
  }
  const pairs = Object.entries(callback).flatMap(([name, value]) =>
    [value]
      .flat()
      .filter(isThere)
      .map((each): [string, string] => [name, asText(each)])
  )
  return new URLSearchParams(pairs)
}

function withoutFragment(text: string): string {
  return text.replace(/#.*$/s, '')
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null
}

/**
 * The text of a parameter. Nested data, which some query parsers make, gives an empty one: OAuth has no such
 * parameters.
 */
function asText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
