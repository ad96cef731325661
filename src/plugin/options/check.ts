/** Throws a `TypeError` unless `holds`. It names the option, what it must be and what to do. */
export function check(holds: boolean, option: string, mustBe: string, whatToDo: string): asserts holds {
  if (!holds) throw new TypeError(`The option ${option} ${mustBe}. ${whatToDo}`)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

export function seconds(given: unknown, option: string, byDefault: number, least = 0): number {
  const value = given === undefined ? byDefault : given
  check(
    typeof value === 'number' && Number.isFinite(value) && value >= least,
    option,
    `must be a number of seconds, ${least} or more`,
    `Leave it out for ${byDefault}.`
  )
  return value
}

export function checkBytes(given: unknown): number | undefined {
  check(
    given === undefined || (typeof given === 'number' && given > 0),
    'maxResponseBytes',
    'must be a number of bytes above 0',
    'Leave it out for 64 MiB.'
  )
  return given
}
