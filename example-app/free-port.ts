import { createServer } from 'node:net'

const TRIES = 20

/** Whether the port is free. */
function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
}

/** The first free port, counting from `first`. Throws an `Error` if the next twenty are taken. */
export async function firstFreePort(host: string, first: number): Promise<number> {
  for (let port = first; port < first + TRIES; port += 1) if (await isFree(host, port)) return port
  throw new Error(`No port from ${first} to ${first + TRIES - 1} is free. Set PORT to one that is.`)
}
