import { CredentialsFormatError } from '../errors/setup.js'
import { StorageError } from '../errors/grant.js'
import { constants, type BigIntStats } from 'node:fs'
import { lstat, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Fence } from './guard.js'

/** Credentials have a few kilobytes. */
const LONGEST_BYTES = 1_048_576
const OWNER_ONLY = 0o600

/** The text of a file, and what tells this writing of it from any other. */
export interface Content {
  text: string
  generation: string
}

/** The content of the file at `path`, `null` when there is none. Throws a `CredentialsFormatError` for what is no plain file. */
export async function readContent(path: string): Promise<Content | null> {
  try {
    // Not blocking: whoever puts a named pipe there must not stop us.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stats = await file.stat({ bigint: true })
      if (!stats.isFile() || stats.size > LONGEST_BYTES)
        throw new CredentialsFormatError(`${path} is no file of credentials.`)
      const text = await file.readFile('utf8')
      return { text, generation: generationOf(stats, text) }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    if (codeOf(error) === 'ELOOP' || (await isLink(path)))
      throw new CredentialsFormatError(`${path} is a symbolic link, which is not followed: give the file itself.`)
    throw inWords(error, path, 'read')
  }
}

/**
 * Puts `text` in place of the file at `path`, wholly or not at all, for its owner alone; on the disk when this returns.
 * Under the guard, which makes the one name of the new file safe.
 */
export async function replaceContent(path: string, text: string, fence: Fence): Promise<void> {
  const fresh = `${path}.new`
  try {
    await rm(fresh, { force: true })
    const file = await open(fresh, 'wx', OWNER_ONLY)
    try {
      await file.chmod(OWNER_ONLY)
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    fence()
    await rename(fresh, path)
    await syncFolder(path)
  } catch (error) {
    throw inWords(error, path, 'written')
  }
}

/** Deletes the file at `path`, if there is one. Under the guard. */
export async function removeContent(path: string, fence: Fence): Promise<void> {
  try {
    fence()
    await rm(path, { force: true })
    await syncFolder(path)
  } catch (error) {
    throw inWords(error, path, 'deleted')
  }
}

/** The new name, or its absence, is on the disk as well. Where folders cannot be opened (Windows) the system sees to it. */
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

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code)
}
