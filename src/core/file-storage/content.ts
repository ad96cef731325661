import { CredentialsFormatError } from '../errors/setup.js'
import { StorageError } from '../errors/storage.js'
import { codeOf } from '../lib/error-code.js'
import { constants, type BigIntStats } from 'node:fs'
import { lstat, open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Hold } from './lock.js'

/** Credentials have a few kilobytes. */
const LONGEST_BYTES = 1_048_576
const OWNER_ONLY = 0o600

/** The text of a file. `generation` differs after each write. */
export interface Content {
  text: string
  generation: string
}

/**
 * The content of the file at `path`, `null` if there is none. Throws a `CredentialsFormatError` for anything but a
 * plain file.
 */
export async function readContent(path: string): Promise<Content | null> {
  try {
    // Not blocking: a named pipe in that place must not hold us up.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stats = await file.stat({ bigint: true })
      if (!stats.isFile() || stats.size > LONGEST_BYTES)
        throw new CredentialsFormatError(`${path} must be a plain file of at most ${LONGEST_BYTES} bytes.`)
      const text = await file.readFile('utf8')
      return { text, generation: generationOf(stats, text) }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    if (codeOf(error) === 'ELOOP' || (await isLink(path)))
      throw new CredentialsFormatError(
        `${path} is a symbolic link, and links are not followed. Give the path of the file itself.`
      )
    throw inWords(error, path, 'read')
  }
}

/** Called right before the file is replaced or removed. `false` leaves it as it is. */
export type LastLook = () => Promise<boolean>

const ALWAYS: LastLook = () => Promise.resolve(true)

/**
 * Whether `text` has replaced the file at `path`, which only its owner can read. It is replaced as a whole, and on the
 * disk when this returns. `false` when the lock was lost or the last look said no.
 */
export async function replaceContent(
  path: string,
  text: string,
  { folder }: Hold,
  lastLook: LastLook = ALWAYS
): Promise<boolean> {
  const fresh = join(folder, 'new')
  try {
    const file = await open(fresh, 'wx', OWNER_ONLY)
    try {
      await file.chmod(OWNER_ONLY)
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    if (!(await lastLook())) return false
    await rename(fresh, path)
  } catch (error) {
    // The folder is gone, and the lock with it.
    if (codeOf(error) === 'ENOENT') return false
    throw inWords(error, path, 'written')
  }
  await syncFolder(path)
  return true
}

/** Whether the file at `path` has been removed, or there was none. `false` as in `replaceContent`. */
export async function removeContent(path: string, { folder }: Hold, lastLook: LastLook = ALWAYS): Promise<boolean> {
  try {
    if (!(await lastLook())) return false
    // Moved and not deleted: after the lock is lost there is no folder to move it to.
    await rename(path, join(folder, 'old'))
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw inWords(error, path, 'deleted')
    return (await lstat(folder).catch(() => null)) !== null
  }
  await syncFolder(path)
  return true
}

/** Writes the folder to the disk as well. On Windows, folders cannot be opened, and the system does this by itself. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r').catch(() => null)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

function generationOf({ ino, mtimeNs, ctimeNs }: BigIntStats, text: string): string {
  return [ino, mtimeNs, ctimeNs, text].join(':')
}

async function isLink(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isSymbolicLink() ?? false
}

function inWords(error: unknown, path: string, what: string): Error {
  if (error instanceof StorageError || error instanceof CredentialsFormatError) return error
  return new StorageError(`The file ${path} cannot be ${what} (${codeOf(error)}).`, error)
}
