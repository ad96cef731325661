import type { FastifyRequest } from 'fastify'

const BEARER = /^bearer(?: +(.*))?$/i

/**
 * The token of `Authorization: Bearer`, perhaps empty; `null` for no header, and for one of another scheme.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function bearerTokenOf({ headers: { authorization } }: FastifyRequest): string | null {
  const [found, token = ''] = BEARER.exec(authorization ?? '') ?? []
  return found === undefined ? null : token.trim()
}
