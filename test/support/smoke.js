/** A sign-in and a call, by the built package: run under other versions of Node. Prints the version at the end. */
import Fastify from 'fastify'
import googleAuth from 'fastify-google-auth'
import { startGoogleEmulator } from 'fastify-google-auth/emulator'
import { createBrowser } from 'fastify-google-auth/testing'

const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'
const redirectUri = 'http://127.0.0.1:3000/auth/return'
const google = await startGoogleEmulator()
google.addRedirectUri(redirectUri)
const app = Fastify()
await app.register(googleAuth, {
  clientSecrets: google.clientSecrets,
  issuer: google.issuer,
  apiOrigins: [google.apiOrigin],
  redirectUri,
  secret: 'kV3+Zq8nX1hT5wYb0mJr7LcPf2UdGs9eAoQiRtNyWxEz'
})
app.get('/events', { onRequest: app.googleAuth.required({ scopes: [CALENDAR] }) }, async ({ googleClient }) => {
  const url = `${google.apiOrigin}/calendar/v3/calendars/primary/events`
  const [fetched, { data }] = [await googleClient.fetch(url), await googleClient.request({ url })]
  return { status: fetched.status, kinds: [(await fetched.json()).kind, data.kind] }
})
const browser = createBrowser(app)
const asked = await browser.visit('/events')
const page = await browser.visit(await google.approve(asked.url, { email: 'ada@example.com' }))
await app.close()
await google.close()
console.log(JSON.stringify({ version: process.versions.node, status: page.statusCode, body: page.body }))
