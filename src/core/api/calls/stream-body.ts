/** Whether a body is a stream, which can be sent only once. */
export function isStreamBody(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false
  if (ArrayBuffer.isView(body) || body instanceof URLSearchParams || body instanceof FormData) return false
  return body instanceof ReadableStream || Symbol.asyncIterator in body || Symbol.iterator in body
}
