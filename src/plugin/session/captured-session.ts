import session, { type FastifySessionOptions } from '@fastify/session'
import type { FastifyReply, FastifyRequest } from 'fastify'

type Done = (error?: Error | null) => void

/** The decorators and hooks that @fastify/session adds to an app. */
export interface CapturedSession {
  readonly onApp: ReadonlyMap<string, unknown>
  /** Makes the session of a request from its cookie. */
  readonly onRequest: (request: FastifyRequest, reply: FastifyReply | undefined, done: Done) => void
  /** Makes the session of a request from the value of a cookie. */
  readonly decryptSession: (cookie: string, request: FastifyRequest, done: Done) => void
  readonly onSend: (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done) => void
}

/**
 * The hooks of @fastify/session, which the caller runs when it needs them. Registered as usual, it hashes every session twice
 * and signs its id on each request. Here only requests that use `request.session` pay for that. It is registered with an
 * object that records its calls, through the interface of every Fastify plugin. Throws what @fastify/session throws.
 */
export function captureSession(options: FastifySessionOptions): CapturedSession {
  const onApp = new Map<string, unknown>()
  const hooks = new Map<string, unknown>()
  const app = {
    decorate: (name: string, value: unknown) => onApp.set(name, value),
    decorateRequest: () => undefined,
    addHook: (name: string, hook: unknown) => hooks.set(name, hook)
  }
  session(app as never, options, (error) => {
    if (error) throw error
  })
  const part = <Name extends Exclude<keyof CapturedSession, 'onApp'>>(name: Name): CapturedSession[Name] => {
    const found = hooks.get(name) ?? onApp.get(name)
    if (typeof found !== 'function')
      throw new TypeError(
        `This version of @fastify/session has no ${name}. Install one that fastify-google-auth names in its dependencies.`
      )
    return found as CapturedSession[Name]
  }
  return { onApp, onRequest: part('onRequest'), onSend: part('onSend'), decryptSession: part('decryptSession') }
}
