import { StorageError } from '../core/errors/storage.js'

/** How long one command can take, whatever Redis does. */
export const COMMAND_LIMIT_MS = 1_500

/**
 * The value of `answer`; a `StorageError` when it fails or takes longer than `limitMs`. The limit is kept here, because the
 * app decides how its client queues, resends and waits. `late` gets a value that comes after the limit.
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
        reject(asStorageError(error))
      }
    )
  })
}

export function asStorageError(error: unknown): StorageError {
  return error instanceof StorageError ? error : new StorageError(undefined, error)
}
