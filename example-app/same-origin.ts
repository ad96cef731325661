import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'

class ForeignFormError extends Error {
  readonly statusCode = 403

  constructor() {
    super('This form was not sent from this site.')
  }
}

/**
 * A hook for routes that change something. It answers 403 to a form that a page of another site has sent: browsers send that
 * page's origin with every POST. The session cookie is `SameSite=Lax` as well, so either check would do alone.
 */
export function fromOwnPages(publicUrl: string): onRequestAsyncHookHandler {
  return async (request: FastifyRequest) => {
    if (request.headers.origin !== publicUrl) throw new ForeignFormError()
  }
}
