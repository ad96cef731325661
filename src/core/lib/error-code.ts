/** The `code` of a system error, such as `ENOENT`, as text; `undefined` as text where there is none. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null | undefined)?.code)
}
