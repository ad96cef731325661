import type { FastifyInstance, FastifyRequest } from 'fastify'

/** A value that belongs to one request; `null` before it is set. */
export interface RequestSlot<T> {
  get(request: FastifyRequest): T | null
  set(request: FastifyRequest, value: T | null): void
}

/**
 * A slot on the requests of `app`. It is a decorator, which Fastify makes part of the shape of each request, and no
 * `WeakMap`: each entry of one costs the garbage collector more than the request that it belongs to.
 */
export function requestSlot<T>(app: FastifyInstance, name: string): RequestSlot<T> {
  const key = Symbol(name)
  app.decorateRequest(key, null)
  const slots = (request: FastifyRequest): Record<symbol, T | null> => request as never
  return {
    get: (request) => slots(request)[key] ?? null,
    set(request, value) {
      slots(request)[key] = value
    }
  }
}
