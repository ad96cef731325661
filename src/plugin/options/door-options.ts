import type { GoogleAuthOptions } from '../types/options.js'
import { check, isObject, isText } from './check.js'

/** The ways in besides the return from Google. */
export interface DoorSettings {
  oneTap: boolean
  codes: { popup: boolean; mobile: boolean }
  /** The clients whose ID tokens count as bearer tokens; `null` where none do. */
  bearerAudiences: string[] | null
}

/** The checked options `oneTap`, `codes` and `bearer`. Throws a `TypeError`. */
export function checkDoors({ oneTap, codes, bearer }: GoogleAuthOptions, clientId: string): DoorSettings {
  check(oneTap === undefined || typeof oneTap === 'boolean', 'oneTap', 'must be true', 'Leave it out to switch it off.')
  return { oneTap: oneTap === true, codes: checkCodes(codes), bearerAudiences: checkBearer(bearer, clientId) }
}

function checkCodes(given: unknown = {}): DoorSettings['codes'] {
  const valid =
    isObject(given) &&
    Object.entries(given).every(([name, value]) => ['popup', 'mobile'].includes(name) && typeof value === 'boolean')
  check(valid, 'codes', 'must be an object with popup or mobile', 'Pass for example { popup: true }.')
  return { popup: given['popup'] === true, mobile: given['mobile'] === true }
}

function checkBearer(given: unknown, clientId: string): string[] | null {
  if (given === undefined || given === false) return null
  const { audiences = [clientId], ...more } = (given === true ? {} : given) as { audiences?: unknown }
  const valid = (given === true || isObject(given)) && Object.keys(more).length === 0
  check(
    valid && Array.isArray(audiences) && audiences.length > 0 && audiences.every(isText),
    'bearer',
    'must be true, or an object with a list of audiences',
    "Pass for example { audiences: ['https://api.example.com'] }."
  )
  return [...audiences]
}
