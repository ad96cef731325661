/**
 * A process that competes for one file of credentials. `counts` adds one to the number in the access token, several times.
 * `writes` puts long tokens without end. `holds` stays in an update until there is standard input, then prints the result.
 * Each prints a line on standard output when it has begun.
 */
import { once } from 'node:events'
import { FileStorage, Token } from '../../src/core.js'

const [path = '', task, times = '1'] = process.argv.slice(2)
const storage = new FileStorage(path)

if (task === 'counts') {
  for (let done = 0; done < Number(times); done++) {
    await storage.update((current) =>
      Token.from({ ...current?.toRecord(), scopes: [], accessToken: String(Number(current?.accessToken ?? 0) + 1) })
    )
  }
} else if (task === 'writes') {
  for (let round = 0; ; round++) {
    await storage.put(Token.from({ accessToken: `${round}-${'x'.repeat(20_000)}`, scopes: [] }))
    if (round === 0) process.stdout.write('inside\n')
  }
} else {
  const result = await storage.update(async () => {
    process.stdout.write('inside\n')
    await once(process.stdin, 'data')
    return Token.from({ accessToken: 'late', scopes: [] })
  })
  process.stdout.write(`${result?.accessToken}\n`)
  process.exit()
}
