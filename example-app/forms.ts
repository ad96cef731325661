import type { FastifyInstance } from 'fastify'

const LARGEST_FORM = 16_384

/** Lets the routes of this scope read HTML forms, as plain objects of text. The last of two fields with one name counts. */
export function readForms(app: FastifyInstance): void {
  app.addContentTypeParser<string>(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: LARGEST_FORM },
    async (_request: unknown, body: string) => Object.fromEntries(new URLSearchParams(body))
  )
}
