import { Refusal } from './refusal.js'

/** An error of the Calendar API in Google's JSON shape. */
export function apiRefusal(status: number, reason: string, message: string): Refusal {
  return new Refusal(status, message, {
    error: { errors: [{ domain: 'global', reason, message }], code: status, message }
  })
}
