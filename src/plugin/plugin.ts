import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { createSealer, PURPOSE } from '../core/lib/sealing.js'
import { BackgroundTasks } from './background-tasks.js'
import { flowOf } from './flow.js'
import { BearerUsers } from './principal/bearer-users.js'
import { principalByOwner, principalBySession, type BearerUserOf } from './principal/principal.js'
import { decorateRequests } from './request-decorators.js'
import { answerBehindGuards } from './guard/behind-guards.js'
import { describeGuards } from './guard/describe-guards.js'
import { refuseAsHook } from './guard/refuse-as-hook.js'
import { checkOptions } from './options/options.js'
import { sessionsOf } from './session/session-plugin.js'
import { openStores } from './stores.js'
import { TEST_ENTRANCE } from './test-entrance.js'
import type { GoogleAuthOptions } from './types/options.js'
import { warnAtStart } from './warnings/at-start.js'
import { Warnings } from './warnings/warnings.js'
import { assemble } from './assemble.js'

const googleAuthPlugin: FastifyPluginAsync<GoogleAuthOptions> = async (app, options) => {
  if (app.hasDecorator('googleAuth')) {
    throw new TypeError(
      'fastify-google-auth is registered already, in this scope or in one above it. For a second OAuth client, register each of the two in a scope of its own, with paths of its own.'
    )
  }
  const settings = await checkOptions(options, app.prefix)
  const warnings = new Warnings(app.log)
  warnAtStart(app, settings, warnings)
  const sealerFor = createSealer(settings.secrets)
  const background = new BackgroundTasks((error) => app.log.error({ err: error }, 'Work behind a request failed'))
  const stores = await openStores({
    settings,
    sealer: sealerFor(PURPOSE.credentials),
    background,
    log: app.log,
    warnings
  })
  app.addHook('onClose', async () => {
    await background.close()
    await stores.close()
  })
  const sessions = await sessionsOf(app, settings, stores.sessions, sealerFor, warnings)
  const flow = flowOf(settings, warnings)
  const bearerUsers = new BearerUsers(app, flow, settings)
  const bearerUserOf: BearerUserOf = (request) => bearerUsers.of(request)
  const { owner } = settings.given
  const principalOf =
    owner === undefined ? principalBySession(sessions, bearerUserOf) : principalByOwner(owner, bearerUserOf)
  const { googleAuth, guard, clients, testEntrance } = await assemble({
    app,
    settings,
    sealerFor,
    stores,
    sessions,
    flow,
    bearerUsers,
    principalOf,
    background,
    warnings
  })
  decorateRequests(app, { sessions, bearerUserOf, principalOf, clients, grants: stores.grants, settings })
  app.decorate('googleAuth', googleAuth)
  app.decorate(TEST_ENTRANCE, testEntrance)
  refuseAsHook(app, googleAuth.required)
  const { securityScheme } = settings
  if (securityScheme !== undefined) describeGuards(app, securityScheme, (hook) => guard.isGuard(hook))
  answerBehindGuards(app, guard)
}

/**
 * The Fastify plugin for Google login. Registering it throws a `TypeError` that names a wrong option, a client secrets error,
 * or a `StorageError` when Redis cannot be reached.
 */
export const googleAuth = fp(googleAuthPlugin, { name: 'fastify-google-auth', fastify: '5.x' })
