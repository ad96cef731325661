import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'

class ForeignFormError extends Error {
  readonly statusCode = 403

  constructor() {
    super('This form was not sent from this site.')
  }
}

/**
 * A hook for routes that change something: refuses a form that another site's page has sent. Browsers name the page's origin
 * with every POST; the session cookie is `SameSite=Lax` as well, so two locks stand on this door.
 */
export function fromOwnPages(publicUrl: string): onRequestAsyncHookHandler {
  return async (request: FastifyRequest) => {
    if (request.headers.origin !== publicUrl) throw new ForeignFormError()
  }
}
