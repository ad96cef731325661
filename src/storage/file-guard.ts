import { lock } from 'proper-lockfile'
import { StorageError } from '../core/errors.js'

/** A lock that nobody has renewed for this long belonged to a process that was killed, and is taken over. */
const STALE_MS = 5_000
/** What is done under the lock takes milliseconds; whoever takes longer has been stopped and must not write any more. */
const LIMIT_MS = STALE_MS / 2
const RETRIES = { retries: 300, minTimeout: 4, maxTimeout: 40, factor: 1.5, randomize: true }

/** Throws a `StorageError` once the lock may be somebody else's. To be called right before a write. */
export type Fence = () => void

/**
 * Runs `work` while nobody else does so for `path`, in any thread or process of any machine that sees the file. Short
 * work only. The lock survives its holder: a killed one holds others up for some seconds, not for ever.
 */
export async function guarded<T>(path: string, work: (fence: Fence) => Promise<T>): Promise<T> {
  let compromised = false
  const release = await lock(path, {
    lockfilePath: `${path}.lock`,
    realpath: false,
    stale: STALE_MS,
    retries: RETRIES,
    onCompromised: () => {
      compromised = true
    }
  }).catch((error: unknown) => {
    throw new StorageError(`The file ${path} cannot be locked. Try again.`, error)
  })
  const startedAt = performance.now()
  const fence = (): void => {
    if (compromised || performance.now() - startedAt > LIMIT_MS)
      throw new StorageError(`The lock of the file ${path} was lost. Try again.`)
  }
  try {
    return await work(fence)
  } finally {
    // Lost already, or runs out: no reason to fail what has been done.
    await release().catch(() => undefined)
  }
}
