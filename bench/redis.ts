import { once } from 'node:events'
import { Redis } from 'ioredis'

/** What the cache asks by itself, not for a request. */
const NOT_COUNTED = /^(ping|client)$/i

/** How many commands Redis got while `work` ran. What a script does is not counted. */
export async function commandsOf(url: string, work: () => Promise<unknown>): Promise<number> {
  const redis = new Redis(url)
  const monitor = await redis.monitor()
  try {
    let count = 0
    const end = new AbortController()
    monitor.on('monitor', (_at: string, [command = '']: string[], source: string) => {
      if (command.toLowerCase() === 'echo') end.abort()
      else if (source !== 'lua' && !NOT_COUNTED.test(command)) count++
    })
    await work()
    const ended = once(end.signal, 'abort')
    await redis.echo('the end')
    await ended
    return count
  } finally {
    monitor.disconnect()
    redis.disconnect()
  }
}
