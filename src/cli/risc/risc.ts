import { randomBytes } from 'node:crypto'
import { secureUrl } from '../../core/lib/url.js'
import { type Command, type Terminal, UsageError } from '../command.js'
import { readOptions } from '../read-options.js'
import { readKeyFile } from './service-jwt.js'
import { streamApi, type StreamApi } from './stream-api.js'

const GOOGLE_API = 'https://risc.googleapis.com'
const STATE_BYTES = 9

const HELP = `npx fastify-google-auth risc register|status|verify|disable --key FILE [options]

Manages the stream of security events (Cross-Account Protection) of a Cloud project. A project has one stream.

  register    has Google send events to --url, and enables the stream
  status      shows where events go, which ones, and whether the stream is enabled
  verify      has Google send a test event, and prints its state, which onSecurityEvent gets
  disable     has Google send no events; those of that time are not kept

  --key FILE  the key file of a service account with the role "RISC Configuration Admin"
  --url URL   for register: where the app receives events, such as https://app.example.com/auth/risc
  --api URL   another host of the API; default ${GOOGLE_API}`

const OPTIONS = { key: { type: 'string' }, url: { type: 'string' }, api: { type: 'string' } } as const

interface Context {
  api: StreamApi
  url: string | undefined
  print: Terminal['print']
}

async function show({ api, print }: Context): Promise<number> {
  const stream = await api.read()
  if (stream === null) {
    print('No stream is registered in this project.')
    return 1
  }
  print(`url     ${stream.url}`)
  print(`status  ${stream.status}`)
  for (const event of stream.events) print(`event   ${event}`)
  return 0
}

const ACTIONS: Readonly<Record<string, (context: Context) => Promise<number>>> = {
  async register({ api, url, print }) {
    if (url === undefined) throw new UsageError('register needs --url, the URL at which the app receives events.')
    if (secureUrl(url) === null) throw new UsageError('--url must be an https URL, or http on a loopback host.')
    const before = await api.read()
    await api.update(url)
    await api.setStatus('enabled')
    if (before !== null && before.url !== url) print(`It replaces ${before.url}, which gets no more events.`)
    print(`Google sends security events to ${url}. Try it: risc verify`)
    return 0
  },
  status: show,
  async verify({ api, print }) {
    const state = randomBytes(STATE_BYTES).toString('base64url')
    await api.verify(state)
    print(`Google sends the event verification with the state ${state}.`)
    print('It comes within a minute or so. The log of the app shows it, and onSecurityEvent is told.')
    return 0
  },
  async disable({ api, print }) {
    await api.setStatus('disabled')
    print('Google sends no more security events. To enable them again: risc register')
    return 0
  }
}

/** Manages the stream of security events of a Cloud project. */
export const risc: Command = {
  help: HELP,
  async run([name = '', ...args], { print }) {
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
    if (action === undefined) {
      throw new UsageError(`Say what to do: ${Object.keys(ACTIONS).join(', ')}.`)
    }
    const { key, url, api = GOOGLE_API } = readOptions(args, OPTIONS)
    if (key === undefined) throw new UsageError('--key is missing: the key file of a service account.')
    const host = secureUrl(api)
    if (host === null) throw new UsageError('--api must be an https URL, or http on a loopback host.')
    return action({ api: streamApi(host.origin, await readKeyFile(key)), url, print })
  }
}
