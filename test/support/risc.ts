import type { Test } from 'tap'
import type { GoogleAuthOptions, SecurityEventNotice } from '../../src/index.js'
import type { GoogleEmulator } from '../../src/emulator.js'
import { CALENDAR, startApp, type Setup, type TestApp } from './app.js'
import { startConnectApp, type ConnectApp } from './connect-app.js'

/** What the hooks of an app were told. */
export interface Told {
  events: SecurityEventNotice[]
  lost: unknown[]
}

/** The options of an app that receives security events, and what its hooks are told. */
export function riscOptions(options: Partial<GoogleAuthOptions> = {}): {
  told: Told
  options: Partial<GoogleAuthOptions>
} {
  const told: Told = { events: [], lost: [] }
  return {
    told,
    options: {
      risc: true,
      scopes: [CALENDAR, 'email'],
      onSecurityEvent: (event) => void told.events.push(event),
      onGrantLost: (grant, { reason }) => void told.lost.push({ ...grant, reason }),
      ...options
    }
  }
}

/** An app in sign-in mode that receives the events of `google`. */
export async function startRiscApp(
  t: Test,
  google: GoogleEmulator,
  given: Partial<GoogleAuthOptions> = {},
  setup: Setup = {}
): Promise<TestApp & { told: Told }> {
  const { told, options } = riscOptions(given)
  const app = await startApp(t, google, { ...setup, options })
  google.risc.register(`${app.origin}/auth/risc`)
  return { ...app, told }
}

/** The same in connect mode. */
export async function startRiscConnectApp(
  t: Test,
  google: GoogleEmulator,
  given: Partial<GoogleAuthOptions> = {}
): Promise<ConnectApp & { told: Told }> {
  const { told, options } = riscOptions(given)
  const app = await startConnectApp(t, google, options)
  google.risc.register(`${app.origin}/auth/risc`)
  return { ...app, told }
}

/** The status of a guarded page: 200 while the session lives. */
export async function statusOf(browser: { fetch: (path: string) => Promise<{ status: number }> }): Promise<number> {
  return (await browser.fetch('/me')).status
}
