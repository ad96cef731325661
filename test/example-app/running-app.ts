import type { Test } from 'tap'
import { buildApp } from '../../example-app/app.js'
import { embeddedGoogle } from '../../example-app/embedded-google.js'
import { firstFreePort } from '../../example-app/free-port.js'

/** Below the ports that systems hand out by themselves, above those that people use. */
const FIRST_PORT = 23_000

export const CALENDAR_EVENTS = 'https://www.googleapis.com/auth/calendar.events'
export const ADA = '110248495921238986420'
export const GRACE = '113374039128844615207'
export const KATHERINE = '117955023018846200394'

/** The example app on a port of its own, with its Google emulator; both close with the test. */
export async function runningApp(t: Test) {
  const port = await firstFreePort('127.0.0.1', FIRST_PORT + Math.floor(Math.random() * 5_000))
  const url = `http://localhost:${port}`
  const google = await embeddedGoogle(url)
  const app = await buildApp({
    publicUrl: url,
    google,
    secret: 'a secret of the tests, longer than thirty-two characters'
  })
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port })
  const { emulator } = google
  /** As before the first sign-in, for every account: here and at Google. */
  const forgetEverybody = async () => {
    for (const { sub } of emulator.users) await app.googleAuth.revoke(sub)
  }
  return { app, url, port, emulator, forgetEverybody }
}
