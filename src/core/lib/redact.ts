import { inspect } from 'node:util'

/** What stands in the place of a secret, wherever one would be printed. */
export const REDACTED = '[redacted]'

/**
 * Makes a class print by `describe` in JSON, in `util.inspect`, in template strings and so in pino. Secrets themselves
 * live in private fields, which neither of these nor `structuredClone` can reach; this is for what a reader sees.
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
