import { randomBytes } from 'node:crypto'
import { startGoogleEmulator } from '../../emulator/start.js'
import type { GoogleEmulator } from '../../emulator/control/google-emulator.js'
import { DEFAULT_CLIENT_ID, DEFAULT_REDIRECT_URIS } from '../../emulator/state/registry/clients.js'
import { codeOf } from '../../core/lib/error-code.js'
import { type Command, type Terminal, UsageError } from '../command.js'
import { readOptions } from '../read-options.js'
import { readUsersFile } from './users-file.js'

/** Always the same, so that options that were pasted once stay good. */
const DEFAULT_PORT = 9400
const CLIENT_SECRET = 'GOCSPX-emulator-is-not-google'
const HIGHEST_PORT = 65_535
const SECRET_BYTES = 32

const HELP = `npx fastify-google-auth emulator [options]

Starts a Google emulator on 127.0.0.1, prints the options to paste, and runs until Ctrl-C. It keeps all data in memory.

  --port PORT           where it listens; default ${DEFAULT_PORT}, 0 for any free port
  --users FILE          a JSON list of accounts, such as [{ "email": "ada@example.com" }]; also with name,
                        givenName, familyName, sub, picture, hostedDomain, emailVerified
  --redirect-uri URI    where sign-ins may return to; once for each.
                        Default ${DEFAULT_REDIRECT_URIS.join(' and ')}
  --strict              demands state, nonce and PKCE, which Google does not
  --allow-in-production starts under NODE_ENV=production too`

const OPTIONS = {
  port: { type: 'string' },
  users: { type: 'string' },
  'redirect-uri': { type: 'string', multiple: true },
  strict: { type: 'boolean' },
  'allow-in-production': { type: 'boolean' }
} as const

function portIn(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= HIGHEST_PORT) return port
  throw new UsageError(`--port must be a number from 0 to ${HIGHEST_PORT}.`)
}

async function start(args: string[]): Promise<GoogleEmulator> {
  const values = readOptions(args, OPTIONS)
  const port = portIn(values.port)
  const users = values.users === undefined ? null : await readUsersFile(values.users)
  const redirectUris = values['redirect-uri'] ?? DEFAULT_REDIRECT_URIS
  const client = { clientId: DEFAULT_CLIENT_ID, clientSecret: CLIENT_SECRET, redirectUris }
  try {
    return await startGoogleEmulator({
      port,
      clients: [client],
      ...(users ? { users } : {}),
      strict: values.strict ?? false,
      allowInProduction: values['allow-in-production'] ?? false
    })
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE') {
      throw new UsageError(`Port ${port} is taken. End what listens there, or choose another with --port.`)
    }
    // The message names the option as programs give it.
    throw new UsageError((error as Error).message.replace('the option allowInProduction', '--allow-in-production'))
  }
}

function announce({ issuer, apiOrigin, clientSecrets, users }: GoogleEmulator, { print }: Terminal): void {
  const { client_id, client_secret, redirect_uris } = clientSecrets.web
  print('Google emulator: this is not Google. It signs in anybody as anybody, without a password.')
  print()
  print(`  issuer        ${issuer}`)
  print(`  control page  ${issuer}/emulator`)
  print(`  accounts      ${users.map(({ email }) => email).join(', ')}`)
  print(`  returns to    ${redirect_uris.join(', ')}`)
  print()
  print('Options for fastify-google-auth, to paste:')
  print()
  print(`  issuer: '${issuer}',`)
  print(`  apiOrigins: ['${apiOrigin}'],`)
  print(`  clientId: '${client_id}',`)
  print(`  clientSecret: '${client_secret}',`)
  print(`  redirectUri: '${redirect_uris[0]}',`)
  print(`  secret: '${randomBytes(SECRET_BYTES).toString('base64url')}'`)
  print()
  print('client_secrets.json, for other clients:')
  print()
  print(JSON.stringify(clientSecrets))
  print()
  print('Ctrl-C ends it.')
}

/** Starts a Google emulator, and runs until it is told to end. */
export const emulator: Command = {
  help: HELP,
  async run(args, terminal) {
    const google = await start(args)
    announce(google, terminal)
    await terminal.stopped()
    await google.close()
    return 0
  }
}
