import { LoginAttemptError } from '../errors/sign-in.js'
import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { GoogleAuthError } from '../errors/base.js'
import type { OAuth2WebServerFlow } from './flow.js'
import type { AuthorizeParams } from './flow-options.js'
import { ATTEMPT_LIFE_MS, type LoginAttempt } from './login-attempt.js'
import type { OAuth2Credentials } from '../credentials/oauth2.js'
import { isLoopback } from '../lib/url.js'
import { unlessAborted } from '../lib/abortable.js'

/** How long the last answer can take to reach the browser. */
const LAST_ANSWER_MS = 1_000

/** Options of `signInOnLoopback`. */
export interface LoopbackOptions extends Omit<AuthorizeParams, 'redirectUri'> {
  /**
   * Shows the URL to the user; default: prints it on standard error.
   * @param url The authorize URL.
   */
  open?: (url: string) => void | Promise<void>
  /** Ends the wait. */
  signal?: AbortSignal
  /** How long the user can take; ten minutes by default and at most. */
  timeoutMs?: number
}

/**
 * The credentials of a user who signs in with a browser on this machine: for scripts, with an OAuth client of the kind
 * `installed`, whose redirect URI is a loopback address (`http://127.0.0.1`). Without a port in it, a free port is used.
 * Throws what the flow throws, a `LoginAttemptError` (`expired`) when the time is over, and the reason of `signal`.
 * @param flow The flow of the client.
 * @param options How the URL is shown, how long to wait, and what to ask besides.
 * @see https://developers.google.com/identity/protocols/oauth2/native-app
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-7.3
 */
export async function signInOnLoopback(
  flow: OAuth2WebServerFlow,
  { open = print, signal, timeoutMs = ATTEMPT_LIFE_MS, ...params }: LoopbackOptions = {}
): Promise<OAuth2Credentials> {
  const registered = loopbackUrl(flow.redirectUri)
  signal?.throwIfAborted()
  const limit = AbortSignal.timeout(Math.min(timeoutMs, ATTEMPT_LIFE_MS))
  const server = await listening(registered)
  try {
    const redirectUri = withPort(registered, flow.redirectUri, (server.address() as AddressInfo).port)
    const { url, attempt } = await flow.step1GetAuthorizeUrl({ ...params, redirectUri })
    const ends = signal === undefined ? limit : AbortSignal.any([signal, limit])
    const returned = unlessAborted(firstReturn(server, flow, attempt, registered.pathname), ends)
    returned.catch(() => {}) // it can fail before `open` has finished, and is awaited below
    await open(url)
    return await returned.catch((error: unknown) => {
      throw limit.aborted && error === limit.reason ? new LoginAttemptError('expired') : error
    })
  } finally {
    server.close()
    server.closeIdleConnections()
    // Browsers open connections in advance, and one on which nothing was sent does not count as idle.
    setTimeout(() => server.closeAllConnections(), LAST_ANSWER_MS).unref()
  }
}

function loopbackUrl(redirectUri: string): URL {
  const url = URL.canParse(redirectUri) ? new URL(redirectUri) : null
  if (url?.protocol === 'http:' && isLoopback(url.hostname)) return url
  throw new TypeError(
    'redirectUri of the flow must be a loopback address, such as http://127.0.0.1 or http://localhost:8080/'
  )
}

async function listening({ hostname, port }: URL): Promise<Server> {
  // Not an import, which would load Node's `fetch` with it (from Node 22 on) and so set its global dispatcher.
  const server = process.getBuiltinModule('node:http').createServer()
  server.listen(Number(port), hostname.replace(/^\[|\]$/g, ''))
  await once(server, 'listening')
  return server
}

/** The redirect URI as it was registered, with the port: Google compares the rest as text. */
function withPort(registered: URL, text: string, port: number): string {
  if (registered.port !== '') return text
  return text.replace(registered.host, `${registered.host}:${port}`)
}

/** The credentials for the first return that belongs to the attempt. Other requests get an error page. */
function firstReturn(
  server: Server,
  flow: OAuth2WebServerFlow,
  attempt: LoginAttempt,
  path: string
): Promise<OAuth2Credentials> {
  return new Promise((resolve, reject) => {
    server.on('request', (request, response) => {
      const target = `http://loopback${request.url ?? '/'}`
      const url = URL.canParse(target) ? new URL(target) : null
      if (request.method !== 'GET' || url?.pathname !== path) return answer(response, 404, 'There is nothing here.')
      void flow.step2Exchange(url, attempt).then(
        (credentials) => {
          answer(response, 200, 'You are signed in. You can close this window.')
          resolve(credentials)
        },
        (error: unknown) => {
          answer(response, 400, error instanceof GoogleAuthError ? error.message : 'The sign-in failed.')
          // Another page can call this port while the user is still at Google.
          if (!(error instanceof LoginAttemptError))
            reject(error instanceof Error ? error : new Error('The sign-in failed.'))
        }
      )
    })
  })
}

function answer(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      connection: 'close'
    })
    .end(text)
}

function print(url: string): void {
  process.stderr.write(`Open this address in a browser on this machine to sign in:\n${url}\n`)
}
