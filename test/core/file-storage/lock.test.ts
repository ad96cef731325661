import { StorageError } from '../../../src/core/errors/storage.js'
import { execFileSync, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { readContent, removeContent, replaceContent } from '../../../src/core/file-storage/content.js'
import { FileLock, type Hold, type Purpose } from '../../../src/core/file-storage/lock.js'

const FIGHTER = fileURLToPath(new URL('../../support/lock-fighter.ts', import.meta.url))
/** No process has this id: the most that Linux gives is 4,194,304. */
const NO_PROCESS = 99_999_999

async function fileOf(t: Test, content = 'old'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'file-lock-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'file'), content)
  return join(folder, 'file')
}

async function taken(lock: FileLock, purpose: Purpose = 'change'): Promise<Hold> {
  const hold = await lock.take(purpose)
  if (hold === null) throw new Error('the lock is not free')
  return hold
}

/** A lock that takes over at once, as after a long wait. */
const impatient = (path: string): FileLock => new FileLock(path, 0)

/** A folder as a process would leave it that was killed while it held the lock, or made it ready. */
const leave = (folder: string, pid: number, host: string): Promise<unknown> =>
  mkdir(join(folder, `change.${pid}.0123456789abcdef.${host}`), { recursive: true })

t.test('one at a time, and nothing is left behind', async (t) => {
  const path = await fileOf(t)
  const [one, other] = [new FileLock(path), new FileLock(path)]
  const hold = await taken(one)
  t.equal(await other.take('change'), null)
  t.equal(await one.take('change'), null, 'nor by the same one twice')
  t.equal((await stat(`${path}.lock`)).mode & 0o777, 0o700)
  t.equal((await stat(hold.folder)).mode & 0o777, 0o700)
  await hold.release()
  await (await taken(other)).release()
  t.same(await readdir(join(path, '..')), ['file'])
})

t.test('of many who try at once, one gets it, from a free lock and from a dead holder', async (t) => {
  const path = await fileOf(t)
  for (let round = 0; round < 40; round++) {
    if (round % 2) await leave(`${path}.lock`, NO_PROCESS, hostname())
    const locks = Array.from({ length: 8 }, () => new FileLock(path))
    // Some see the dead holder, or the free lock, long before they act on it.
    const holds: Hold[] = []
    for (let tries = 0; holds.length === 0 && tries < 20; tries++) {
      const got = await Promise.all(locks.map((lock) => lock.take('change')))
      holds.push(...got.filter((hold) => hold !== null))
    }
    t.equal(holds.length, 1)
    t.equal(await new FileLock(path).take('change'), null)
    await holds[0]!.release()
  }
  t.same(await readdir(join(path, '..')), ['file'])
})

t.test('a stopped holder that wakes up after its lock was taken over changes nothing', async (t) => {
  const path = await fileOf(t)
  const stopped = await taken(new FileLock(path))
  const next = await taken(impatient(path))
  t.equal(await replaceContent(path, 'late', stopped), false)
  t.equal(await removeContent(path, stopped), false)
  await stopped.release()
  t.equal(await new FileLock(path).take('change'), null, 'it does not free the lock of its successor')
  t.equal(await replaceContent(path, 'new', next), true)
  t.equal(await readFile(path, 'utf8'), 'new')
  await next.release()
})

t.test('also when it was stopped with its file written and ready', async (t) => {
  const path = await fileOf(t)
  for (const [name, finish] of [
    ['replace', (hold: Hold, pause: () => Promise<boolean>) => replaceContent(path, 'late', hold, pause)],
    ['remove', (hold: Hold, pause: () => Promise<boolean>) => removeContent(path, hold, pause)]
  ] as const) {
    const stopped = await taken(new FileLock(path))
    const done = await finish(stopped, async () => {
      const next = await taken(impatient(path))
      await replaceContent(path, 'new', next)
      await next.release()
      return true
    })
    t.equal(done, false, name)
    t.equal(await readFile(path, 'utf8'), 'new')
    t.same(await readdir(join(path, '..')), ['file'], 'and its own file is gone')
  }
})

t.test('a write overtakes a change, and waits for a write', async (t) => {
  const path = await fileOf(t)
  const change = await taken(new FileLock(path))
  const write = await taken(new FileLock(path), 'write')
  t.equal(await replaceContent(path, 'by the change', change), false)
  t.equal(await new FileLock(path).take('write'), null)
  t.equal(await removeContent(path, write), true)
  t.equal(await readContent(path), null)
  t.equal(await removeContent(path, write), true, 'without a file there is nothing to do')
  await write.release()
})

t.test('a killed process is not waited for; one of another machine is, for the life of a lock', async (t) => {
  const path = await fileOf(t)
  await leave(`${path}.lock`, NO_PROCESS, hostname())
  await (await taken(new FileLock(path))).release()
  for (const [pid, host] of [
    [NO_PROCESS, 'another.machine'],
    [process.pid, hostname()]
  ] as const) {
    await leave(`${path}.lock`, pid, host)
    const waiting = new FileLock(path, 30)
    t.equal(await waiting.take('write').then((hold) => hold && hold.release()), undefined, 'a write does not wait')
    await leave(`${path}.lock`, pid, host)
    t.equal(await waiting.take('change'), null)
    let hold: Hold | null = null
    while (hold === null) hold = await waiting.take('change')
    await hold.release()
  }
})

t.test('what a killed process made ready is swept away', async (t) => {
  const path = await fileOf(t)
  const name = (pid: number, host = hostname()): string => `${path}.lock-change.${pid}.0123456789abcdef.${host}`
  const alive = [name(process.pid), name(NO_PROCESS, 'another.machine')]
  for (const folder of [name(NO_PROCESS), ...alive, `${path}.lock-notes`]) await mkdir(folder)
  await (await taken(new FileLock(path))).release()
  const left = (await readdir(join(path, '..'))).map((each) => join(path, '..', each))
  t.same(left, [path, ...alive, `${path}.lock-notes`].sort())
})

t.test('anything else in the place of the lock is an error, and is left alone', async (t) => {
  const path = await fileOf(t)
  const target = join(path, '..', 'target')
  await mkdir(join(target, `change.${NO_PROCESS}.0123456789abcdef.${hostname()}`), { recursive: true })
  const inTheWay: Record<string, () => unknown> = {
    'a file': () => writeFile(`${path}.lock`, 'x'),
    'a link to a folder': () => symlink(target, `${path}.lock`),
    'a link to nothing': () => symlink(join(path, '..', 'nothing'), `${path}.lock`),
    'a named pipe': () => execFileSync('mkfifo', [`${path}.lock`]),
    'a folder of somebody else': async () => {
      await mkdir(`${path}.lock`)
      await writeFile(join(`${path}.lock`, 'notes'), 'x')
    }
  }
  for (const [name, make] of Object.entries(inTheWay)) {
    await make()
    for (const purpose of ['change', 'write'] as const) {
      const error = await new FileLock(path).take(purpose).catch((error: unknown) => error)
      t.ok(error instanceof StorageError && error.message.includes(`${path}.lock`), name)
    }
    await rm(`${path}.lock`, { recursive: true })
  }
  t.equal((await readdir(target)).length, 1, 'nothing behind a link was touched')
  await t.rejects(new FileLock(join(path, '..', 'none', 'file')).take('change'), StorageError)
  t.same((await readdir(join(path, '..'))).sort(), ['file', 'target'])
})

t.test('processes that take each other’s locks all the time lose no count', async (t) => {
  const path = await fileOf(t, '0')
  const children = [1, 2, 3].map(() => {
    const child = spawn(process.execPath, ['--import', 'tsx', FIGHTER, path, '3000'], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    t.teardown(() => child.kill('SIGKILL'))
    return text(child.stdout)
  })
  const results = (await Promise.all(children)).map((told) => JSON.parse(told) as { written: number; lost: number })
  const sum = (field: 'written' | 'lost'): number => results.reduce((total, each) => total + each[field], 0)
  t.comment(JSON.stringify(results))
  t.equal(Number(await readFile(path, 'utf8')), sum('written'))
  t.ok(sum('written') > 0 && sum('lost') > 0, 'some were written, some were overtaken')
  t.same(await readdir(join(path, '..')), ['file'])
})
