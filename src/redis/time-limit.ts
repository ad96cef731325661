import { StorageError } from '../core/errors/grant.js'

/** What any one command may take. A request answers within two seconds, whatever Redis does. */
export const COMMAND_LIMIT_MS = 1_500

/**
 * What `answer` brings, or a `StorageError` when it fails or takes longer than `limitMs`. Clients queue, resend and wait
 * as they were told to by whoever made them, so the limit is kept here. `late` gets what comes after it.
 */
export function within<T>(answer: Promise<T>, late?: (value: T) => void, limitMs = COMMAND_LIMIT_MS): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false
    const timer = setTimeout(() => {
      over = true
      reject(new StorageError('The storage did not answer in time. Try again.'))
    }, limitMs).unref()
    answer.then(
      (value) => {
        clearTimeout(timer)
        if (over) late?.(value)
        else resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error instanceof StorageError ? error : new StorageError(undefined, error))
      }
    )
  })
}
