import { inspect } from 'node:util'

/** The text that is printed in place of a secret. */
export const REDACTED = '[redacted]'

/**
 * Makes the objects of a class print by `describe`: in JSON, `util.inspect`, template strings and pino. The secrets are
 * in private fields, which none of these can read, nor `structuredClone`. This only decides what a reader sees.
 */
export function printsAs<T extends object>(
  constructor: { prototype: T },
  describe: (value: T) => Record<string, unknown>
): void {
  const define = (key: string | symbol, value: (this: T) => unknown): void => {
    Object.defineProperty(constructor.prototype, key, { value, configurable: true, writable: true })
  }
  define('toJSON', function () {
    return describe(this)
  })
  define('toString', function () {
    return `[${this.constructor.name} ${REDACTED}]`
  })
  define(inspect.custom, function () {
    return `${this.constructor.name} ${inspect(describe(this), { breakLength: Infinity })}`
  })
}
