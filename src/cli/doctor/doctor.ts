import { type Command, type Terminal, UsageError } from '../command.js'
import { readOptions } from '../read-options.js'
import { checkClientSecrets } from './client-secrets.js'
import type { Finding } from './finding.js'
import { checkIssuer } from './issuer.js'
import { checkRedirectUri } from './redirect-uri.js'
import { checkRedis } from './redis.js'

const HELP = `npx fastify-google-auth doctor [options]

Says what is wrong with what you name, and how to mend it. Exit code 0 when all is well, else 1. It prints no secret.

  --client-secrets FILE  a client_secrets.json: whether it can be read, and what client is in it
  --redirect-uri URL     whether Google takes it, and whether the client of that file has it
  --redis URL            whether it can be reached, its version, its settings
  --issuer URL           its discovery document and its keys, and the clock of this machine against its own;
                         Google is https://accounts.google.com`

const OPTIONS = {
  'client-secrets': { type: 'string' },
  'redirect-uri': { type: 'string' },
  redis: { type: 'string' },
  issuer: { type: 'string' }
} as const

const WIDTH = 16

function report(findings: readonly Finding[], { print }: Terminal): number {
  for (const { about, text, fix, isWrong } of findings) {
    print(`${isWrong ? 'WRONG' : 'ok   '}  ${about.padEnd(WIDTH)}${text}`)
    if (fix !== undefined) print(`       ${' '.repeat(WIDTH)}To mend it: ${fix}`)
  }
  const bad = findings.filter(({ isWrong }) => isWrong).length
  print()
  print(bad === 0 ? 'All is well.' : bad === 1 ? 'One thing is wrong.' : `${bad} things are wrong.`)
  return bad === 0 ? 0 : 1
}

/** Says what is wrong, and how to mend it. */
export const doctor: Command = {
  help: HELP,
  async run(args, terminal) {
    const values = readOptions(args, OPTIONS)
    const { 'client-secrets': file, 'redirect-uri': uri, redis, issuer } = values
    if (Object.keys(values).length === 0) {
      throw new UsageError(
        'There is nothing to look at. Name at least one, such as --client-secrets client_secrets.json'
      )
    }
    const { findings = [], client = null } = file === undefined ? {} : await checkClientSecrets(file)
    return report(
      [
        ...findings,
        ...(uri === undefined ? [] : checkRedirectUri(uri, client, process.env['NODE_ENV'])),
        ...(issuer === undefined ? [] : await checkIssuer(issuer)),
        ...(redis === undefined ? [] : await checkRedis(redis))
      ],
      terminal
    )
  }
}
