import type { FastifyInstance } from 'fastify'
import type { World } from '../state/world.js'
import { calendarListRoutes } from './calendar-list-routes.js'
import { eventRoutes } from './event-routes.js'
import { freeBusyRoutes } from './free-busy-routes.js'

/** The Calendar API. */
export function calendarRoutes(app: FastifyInstance, world: World): void {
  eventRoutes(app, world)
  calendarListRoutes(app, world)
  freeBusyRoutes(app, world)
}
