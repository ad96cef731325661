import session, { type FastifySessionOptions } from '@fastify/session'
import type { FastifyReply, FastifyRequest } from 'fastify'

type Done = (error?: Error | null) => void

/** What @fastify/session would put on an app: its decorators, and its two hooks. */
export interface CapturedSession {
  readonly onApp: ReadonlyMap<string, unknown>
  /** Makes the session of a request, from its cookie. */
  readonly onRequest: (request: FastifyRequest, reply: FastifyReply | undefined, done: Done) => void
  /** Makes the session of a request, from the value of a cookie. */
  readonly decryptSession: (cookie: string, request: FastifyRequest, done: Done) => void
  readonly onSend: (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done) => void
}

/**
 * @fastify/session, whose hooks are ours to run. By itself it hashes every session twice and signs its id, on each request,
 * used or not; this way it costs only the requests that touch `request.session`. It is registered with an app that
 * writes down what it is told, through the public interface of a Fastify plugin, so it stays whole. Throws what it throws.
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
    if (typeof found !== 'function') throw new TypeError(`@fastify/session has no ${name} any more.`)
    return found as CapturedSession[Name]
  }
  return { onApp, onRequest: part('onRequest'), onSend: part('onSend'), decryptSession: part('decryptSession') }
}
