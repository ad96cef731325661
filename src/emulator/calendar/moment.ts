import { apiRefusal } from '../http/api-refusal.js'

/** A moment as the parameters of the API must have it: with seconds and an offset. */
const TIMESTAMP = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/** The moment of a parameter in milliseconds since the epoch. Throws Google's 400 for a missing or malformed one. */
export function momentIn(value: unknown): number {
  const moment = typeof value === 'string' && TIMESTAMP.test(value) ? Date.parse(value) : NaN
  if (Number.isNaN(moment)) throw apiRefusal(400, 'badRequest', 'Bad Request')
  return moment
}
