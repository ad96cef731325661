import type { FastifyInstance, FastifyRequest } from 'fastify'

/** A value that belongs to one request; `null` before it is set. */
export interface RequestSlot<T> {
  get(request: FastifyRequest): T | null
  set(request: FastifyRequest, value: T | null): void
}

/** All slots of a request; `null` before one of them is set. */
const SLOTS = Symbol('fastify-google-auth')

interface WithSlots {
  [SLOTS]: Record<symbol, unknown> | null
}

/**
 * A slot on the requests of `app`. All are in one decorator, which Fastify makes part of the shape of each request: it sets
 * each decorator on each request, and a `WeakMap` costs the garbage collector more than the request that it belongs to.
 */
export function requestSlot<T>(app: FastifyInstance, name: string): RequestSlot<T> {
  const key = Symbol(name)
  if (!app.hasRequestDecorator(SLOTS)) app.decorateRequest(SLOTS, null)
  return {
    get: (request) => ((request as unknown as WithSlots)[SLOTS]?.[key] as T | undefined) ?? null,
    set(request, value) {
      const slots = ((request as unknown as WithSlots)[SLOTS] ??= {})
      slots[key] = value
    }
  }
}
