/**
 * A process that counts in a file under a lock. A lock ends after a few milliseconds, so other processes take it over all the
 * time. Prints on standard output how often its count was written.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { readContent, replaceContent } from '../../src/core/file-storage/content.js'
import { FileLock } from '../../src/core/file-storage/lock.js'

const LIFE_MS = 4

const [path = '', durationMs = '0'] = process.argv.slice(2)
const lock = new FileLock(path, LIFE_MS)
const endsAt = performance.now() + Number(durationMs)
let written = 0
let lost = 0
while (performance.now() < endsAt) {
  const hold = await lock.take('change')
  if (hold === null) {
    await sleep(1)
    continue
  }
  const count = Number((await readContent(path))?.text ?? 0)
  await sleep(Math.random() * 2 * LIFE_MS)
  if (await replaceContent(path, String(count + 1), hold)) written++
  else lost++
  await hold.release()
}
process.stdout.write(JSON.stringify({ written, lost }))
