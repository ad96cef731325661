import { createHash, randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { startGoogleEmulator, type GoogleEmulator, type EmulatorOptions } from '../../src/emulator.js'

export const REDIRECT_URI = 'http://127.0.0.1:3000/auth/return'
export const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'
export const DRIVE = 'https://www.googleapis.com/auth/drive.file'
export const ADA = '110248495921238986420'
export const GRACE = '113374039128844615207'
export const KATHERINE = '117955023018846200394'

/** An emulator that closes with the test. */
export async function startFor(t: Test, options?: EmulatorOptions): Promise<GoogleEmulator> {
  const google = await startGoogleEmulator({ strict: true, ...options })
  t.teardown(() => google.close())
  return google
}

export interface Login {
  url: string
  verifier: string
  nonce: string
  state: string
}

/** A correct authorize URL with `changes`: null removes a parameter. */
export function login(google: GoogleEmulator, changes: Record<string, string | null> = {}): Login {
  const random = (bytes: number) => randomBytes(bytes).toString('base64url')
  const [verifier, nonce, state] = [random(32), random(16), random(24)]
  const url = new URL(google.endpoints.authorization)
  const parameters: Record<string, string | null> = {
    client_id: google.clientSecrets.web.client_id,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'openid email profile',
    state,
    nonce,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    access_type: 'offline',
    include_granted_scopes: 'true',
    ...changes
  }
  for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value)
  return { url: url.href, verifier, nonce, state }
}

export interface Answer {
  status: number
  headers: Headers
  body: any
}

/** The answer to a form POST. */
export async function post(
  url: string,
  form: Record<string, string>,
  headers: Record<string, string> = {}
): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form), headers })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

/** The credentials of the client as form fields. */
export function credentials(google: GoogleEmulator, clientId?: string): Record<string, string> {
  const { web } = google.clientSecretsOf(clientId)
  return { client_id: web.client_id, client_secret: web.client_secret }
}

/** The answer of the token endpoint to the code in a return URL. */
export function exchange(
  google: GoogleEmulator,
  returned: string,
  { verifier }: Login,
  changes: Record<string, string> = {}
): Promise<Answer> {
  return post(google.endpoints.token, {
    ...credentials(google),
    grant_type: 'authorization_code',
    code: new URL(returned).searchParams.get('code') ?? '',
    redirect_uri: REDIRECT_URI,
    code_verifier: verifier,
    ...changes
  })
}

interface SignIn extends Record<string, unknown> {
  scope?: string
  email?: string
  untick?: string[]
}

/** The answer of the token endpoint after a whole sign-in. Further entries change the authorize URL. */
export async function signIn(google: GoogleEmulator, options: SignIn = {}): Promise<any> {
  const { scope = 'openid email profile', email = 'ada@example.com', untick = [], ...changes } = options
  const attempt = login(google, { scope, ...(changes as Record<string, string>) })
  return (await exchange(google, await google.approve(attempt.url, { email, untick }), attempt)).body
}

/** The answer of the token endpoint to a refresh token. */
export function refresh(google: GoogleEmulator, token: string, changes: Record<string, string> = {}): Promise<Answer> {
  return post(google.endpoints.token, {
    ...credentials(google),
    grant_type: 'refresh_token',
    refresh_token: token,
    ...changes
  })
}

/** The answer of the Calendar API. */
export async function api(
  google: GoogleEmulator,
  token: string | null,
  path = '',
  init: RequestInit = {}
): Promise<Answer> {
  const response = await fetch(`${google.apiOrigin}/calendar/v3/calendars/primary/events${path}`, {
    ...init,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(init.body ? { 'content-type': 'application/json' } : {}),
      ...(init.headers as Record<string, string> | undefined)
    }
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : null }
}
