import type { FastifyInstance } from 'fastify'

const MAX_FORM_BYTES = 16_384

/** Adds a parser for HTML forms to this scope. The body is a plain object of texts; of two fields with one name the last counts. */
export function readForms(app: FastifyInstance): void {
  app.addContentTypeParser<string>(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
    async (_request: unknown, body: string) => Object.fromEntries(new URLSearchParams(body))
  )
}
