import type { FastifyInstance, FastifyRequest } from 'fastify'
import { endpointsOf, PATHS, ROUTES } from '../http/paths.js'
import type { EventStream } from '../state/registry/streams.js'
import type { World } from '../state/world.js'
import { SECURITY_EVENTS } from './event-types.js'
import { riscIssuer } from './security-event.js'
import { projectOf, riscRefusal } from './service-jwt.js'
import { RiscTransmitter } from './transmitter.js'

const PUSH = 'https://schemas.openid.net/secevent/risc/delivery-method/push'
const CONFIGURATION_MAX_AGE_S = 3_600
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

type Json = Record<string, unknown>

const wrong = (message: string) => riscRefusal(400, 'INVALID_ARGUMENT', message)

function streamIn(body: unknown): Pick<EventStream, 'url' | 'eventsRequested'> {
  const { delivery, events_requested: events } = (body ?? {}) as { delivery?: Json; events_requested?: unknown }
  const { delivery_method: method, url } = delivery ?? {}
  if (method !== PUSH) throw wrong('delivery.delivery_method must be that of push delivery')
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : null
  const isSecure = parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && LOOPBACK.has(parsed.hostname))
  if (typeof url !== 'string' || !isSecure) throw wrong('delivery.url must be an https URL')
  const known: readonly string[] = Object.values(SECURITY_EVENTS)
  const isKnown = (event: unknown): event is string => typeof event === 'string' && known.includes(event)
  if (!Array.isArray(events) || !events.every(isKnown)) throw wrong('events_requested must list event types of RISC')
  return { url, eventsRequested: events }
}

/**
 * The configuration of the transmitter, and Google's RISC API for its streams.
 * @see https://developers.google.com/identity/protocols/risc
 */
export function riscRoutes(app: FastifyInstance, world: World): void {
  const transmitter = new RiscTransmitter(world)

  const registered = async (request: FastifyRequest): Promise<EventStream> => {
    const stream = world.streams.of(await projectOf(world, request))
    if (!stream) throw riscRefusal(404, 'NOT_FOUND', 'The project has no stream')
    return stream
  }

  app.get(ROUTES.riscConfiguration[0], (_request, reply) =>
    reply.header('cache-control', `public, max-age=${CONFIGURATION_MAX_AGE_S}`).send({
      issuer: riscIssuer(world),
      jwks_uri: endpointsOf(world.issuer).jwks,
      delivery_methods_supported: [PUSH],
      configuration_endpoint: world.issuer + PATHS.stream,
      status_endpoint: `${world.issuer}${PATHS.stream}/status`,
      verification_endpoint: `${world.issuer}${PATHS.stream}:verify`
    })
  )

  app.get(PATHS.stream, async (request) => {
    const { url, eventsRequested } = await registered(request)
    return { delivery: { delivery_method: PUSH, url }, events_requested: eventsRequested }
  })

  // Fastify reads one colon as the start of a parameter, and two as one colon.
  app.post(`${PATHS.stream}::update`, async (request) => {
    const project = await projectOf(world, request)
    world.streams.update(project, streamIn(request.body))
    return {}
  })

  app.get(`${PATHS.stream}/status`, async (request) => ({ status: (await registered(request)).status }))

  app.post(`${PATHS.stream}/status::update`, async (request) => {
    const stream = await registered(request)
    const { status } = (request.body ?? {}) as { status?: unknown }
    if (status !== 'enabled' && status !== 'disabled') throw wrong('status must be enabled or disabled')
    stream.status = status
    return {}
  })

  app.post(`${PATHS.stream}::verify`, async (request) => {
    const { url, status } = await registered(request)
    if (status !== 'enabled') throw riscRefusal(400, 'FAILED_PRECONDITION', 'The stream is disabled')
    const { state } = (request.body ?? {}) as { state?: unknown }
    const project = await projectOf(world, request)
    const clientId = world.clients.inProject(project)[0]?.clientId
    const named = typeof state === 'string' ? { state } : {}
    // Behind the answer, as at Google. How the receiver answers is for its own log.
    void transmitter.send('verification', { url, ...named, ...(clientId ? { clientId } : {}) }).catch(() => undefined)
    return {}
  })
}
