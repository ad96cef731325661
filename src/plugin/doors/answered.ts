import { PRIVATE_HEADERS, type PlainResponse } from '../http/error-responses.js'

/** A success, as JSON. */
export function answered(content: object): PlainResponse {
  const headers = { ...PRIVATE_HEADERS, 'content-type': 'application/json; charset=utf-8' }
  return { statusCode: 200, headers, body: JSON.stringify(content) }
}
