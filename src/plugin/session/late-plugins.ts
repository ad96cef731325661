import type { FastifyInstance } from 'fastify'

const ALREADY = 'is registered after fastify-google-auth, which has registered it already.'
const BEFORE = 'Register it before, and it is used; or leave it out'

/** The first decorator of each plugin that would replace what is registered here, and what to do about it. */
const LATE = {
  serializeCookie: `@fastify/cookie ${ALREADY} ${BEFORE}.`,
  decryptSession: `@fastify/session ${ALREADY} ${BEFORE}, and pass its options as the option session.`,
  session:
    'Another plugin, such as @fastify/secure-session, sets request.session after fastify-google-auth, which has it already. Register each of the two in a scope of its own, or give the other one another name.'
}

/** What this plugin has registered, and the app had not. */
interface Brought {
  bringsCookies: boolean
  bringsSessions: boolean
}

type Decorate = (this: FastifyInstance, name: string | symbol, ...rest: unknown[]) => FastifyInstance

/**
 * Lets the start of the app fail with words when a plugin of cookies or sessions is registered after this one. Its decorators
 * stand already, and Fastify throws about the first of them where nobody can catch it. So they are left out here, and the app
 * does not become ready.
 */
export function refuseLatePlugins(app: FastifyInstance, { bringsCookies, bringsSessions }: Brought): void {
  const names: (keyof typeof LATE)[] = []
  if (bringsCookies) names.push('serializeCookie')
  if (bringsSessions) names.push('decryptSession', 'session')
  let late: keyof typeof LATE | undefined
  const refusing = (decorate: Decorate, has: (scope: FastifyInstance, name: string | symbol) => boolean): Decorate =>
    function (name, ...rest) {
      if (!has(this, name)) return decorate.call(this, name, ...rest)
      late ??= names.find((own) => own === name)
      return late === undefined ? decorate.call(this, name, ...rest) : this
    }
  Object.assign(app, {
    decorate: refusing(app.decorate as Decorate, (scope, name) => scope.hasDecorator(name)),
    decorateRequest: refusing(app.decorateRequest as Decorate, (scope, name) => scope.hasRequestDecorator(name)),
    decorateReply: refusing(app.decorateReply as Decorate, (scope, name) => scope.hasReplyDecorator(name))
  })
  app.addHook('onReady', async () => {
    if (late !== undefined) throw new TypeError(LATE[late])
  })
}
