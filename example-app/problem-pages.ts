import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { problemPage } from './pages/problem.js'

const wantsPage = (request: FastifyRequest) => request.headers.accept?.includes('text/html') === true

/** Adds pages for errors and unknown addresses. Clients that do not ask for HTML get JSON. */
export function problemPages(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => {
    if (wantsPage(request)) return reply.code(404).page(problemPage(404, request.url))
    return reply.code(404).send({ statusCode: 404, error: 'Not Found', message: `There is no ${request.url}` })
  })

  app.setErrorHandler((error: FastifyError & { headers?: Record<string, string> }, request, reply) => {
    const statusCode = error.statusCode ?? 500
    if (statusCode >= 500) request.log.error(error)
    if (!wantsPage(request)) return reply.send(error)
    return reply
      .code(statusCode)
      .headers(error.headers ?? {})
      .page(problemPage(statusCode, request.url))
  })
}
