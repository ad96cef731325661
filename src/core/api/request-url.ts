import type { ApiRequestOptions } from './types.js'

/** The URL of a call with its parameters, which stand before a fragment. What is not a URL is for the origin rule to refuse. */
export function requestUrl({ url = '', baseURL, params, paramsSerializer }: ApiRequestOptions): string | URL {
  if (baseURL === undefined && params === undefined) return url
  const text = String(url)
  const base = baseURL === undefined ? undefined : String(baseURL)
  if (!URL.canParse(text, base)) return ''
  const target = new URL(text, base)
  const query = params === undefined ? '' : (paramsSerializer?.(params as never) ?? serialized(params))
  if (query !== '') target.search = `${target.search}&${query.replace(/^\?/, '')}`.replace(/^[?&]+/, '')
  return target
}

/** `params` as a query, or as the body of a form: a list is sent item by item, and what is not there is not sent. */
export function serialized(params: object): string {
  if (params instanceof URLSearchParams) return params.toString()
  const pairs = Object.entries(params as Record<string, unknown>).flatMap(([name, value]) =>
    [value ?? []].flat().map((each: unknown): [string, string] => [name, textOf(each)])
  )
  return new URLSearchParams(pairs).toString()
}

/** A value as it stands in a URL or a header: as its own `toString` has it. Of nothing there is nothing. */
export function textOf(value: unknown): string {
  return (value as { toString(): string } | null | undefined)?.toString() ?? ''
}
