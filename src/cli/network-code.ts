/** In a word or two, why a host could not be reached. */
export function networkCode(error: unknown): string {
  const { name, code, cause } = error as { name?: string; code?: string; cause?: { code?: string } }
  return name === 'TimeoutError' ? 'no answer in time' : (cause?.code ?? code ?? 'no connection')
}
