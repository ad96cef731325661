import type { FastifyInstance } from 'fastify'

/** The bodies that a route takes. A body of another type is dropped, and `request.body` is `undefined` then. */
export interface BodyRule {
  /** In bytes. A longer body is refused with 413. */
  limit: number
  /** By content type; `*` for any. A parser that throws makes `request.body` `undefined`: the route decides what that means. */
  parsers: Readonly<Record<string, (text: string) => unknown>>
}

/** A form or a JSON object of a few fields: 16 KiB. */
const SMALL = 16_384

const parseJson = (text: string): unknown => JSON.parse(text, withoutPrototype) as unknown

/** For routes that take JSON and no form. */
export const JSON_BODY: BodyRule = { limit: SMALL, parsers: { 'application/json': parseJson } }

/** For routes that need nothing of a body. It is read all the same, because a hook of the app may look for a token in it. */
export const SMALL_BODY: BodyRule = {
  limit: SMALL,
  parsers: {
    'application/x-www-form-urlencoded': (text) => Object.fromEntries(new URLSearchParams(text)),
    'application/json': parseJson
  }
}

/** Makes the scope parse the bodies of this rule, and drop all others. */
export function parseBodies(scope: FastifyInstance, { parsers }: BodyRule): void {
  scope.removeAllContentTypeParsers()
  if (!('*' in parsers)) {
    scope.addContentTypeParser('*', (_request, payload, next) => {
      payload.resume()
      next(null)
    })
  }
  for (const [type, parse] of Object.entries(parsers)) {
    scope.addContentTypeParser(type, { parseAs: 'string' }, (_request, text, next) => {
      next(null, parsed(parse, text.toString()))
    })
  }
}

function parsed(parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

/** A key that code which copies the object could take for its prototype is left out. */
function withoutPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' || key === 'constructor' ? undefined : value
}
