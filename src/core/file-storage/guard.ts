import { StorageError } from '../errors/grant.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { lock } from 'proper-lockfile'

/** A lock that nobody has renewed for this long belonged to a process that was killed, and is taken over. */
const STALE_MS = 5_000
/** What is done under the lock takes milliseconds; whoever takes longer has been stopped and must not write any more. */
const LIMIT_MS = STALE_MS / 2
/** Whoever waits sees at worst one lock taken over, among others who wait. */
const WAIT_MS = 3 * STALE_MS
const LONGEST_PAUSE_MS = 40

/** Throws a `StorageError` once the lock may be somebody else's. To be called right before a write. */
export type Fence = () => void

/**
 * Runs `work` while nobody else does so for `path`, in any thread or process of any machine that sees the file. Short
 * work only. The lock survives its holder: a killed one holds others up for some seconds, not for ever.
 */
export async function guarded<T>(path: string, work: (fence: Fence) => Promise<T>): Promise<T> {
  let compromised = false
  const release = await locked(path, () => {
    compromised = true
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

async function locked(path: string, onCompromised: () => void): Promise<() => Promise<void>> {
  const options = { lockfilePath: `${path}.lock`, realpath: false, stale: STALE_MS, onCompromised }
  const deadline = performance.now() + WAIT_MS
  for (let longest = 4; ; longest = Math.min(longest * 1.5, LONGEST_PAUSE_MS)) {
    try {
      return await lock(path, options)
    } catch (error) {
      const { code } = error as { code?: unknown }
      if (code !== 'ELOCKED' || performance.now() > deadline)
        throw new StorageError(`The file ${path} cannot be locked (${String(code)}). Try again.`, error)
    }
    await sleep(longest * (0.5 + Math.random() / 2))
  }
}
