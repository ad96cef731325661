/**
 * A script that signs a user in with the browser on this machine, and keeps the credentials in a file, so that the next
 * run needs no browser: lists the next events of the user's calendar.
 *
 *     npx tsx loopback.ts client_secrets.json credentials.json
 *
 * client_secrets.json: an OAuth client of the type "Desktop app", as the Google console gives it.
 */
import {
  FileStorage,
  flowFromClientSecrets,
  loadClientSecrets,
  OAuth2Credentials,
  signInOnLoopback
} from 'fastify-google-auth/core'

const SCOPES = ['openid', 'email', 'https://www.googleapis.com/auth/calendar.events.readonly']

const [secrets = 'client_secrets.json', path = 'credentials.json'] = process.argv.slice(2)
const client = await loadClientSecrets(secrets)
const storage = new FileStorage(path, client)

async function signIn(): Promise<OAuth2Credentials> {
  const flow = await flowFromClientSecrets(secrets, { scope: SCOPES, redirectUri: 'http://127.0.0.1' })
  const credentials = await signInOnLoopback(flow)
  await storage.put(credentials.current)
  return credentials.withStorage(storage)
}

const token = await storage.get()
const known = token !== null && token.lost === undefined
const credentials = known ? new OAuth2Credentials({ ...client, token, storage }) : await signIn()

const { data } = await credentials.request<{
  items: { summary?: string; start: { dateTime?: string; date?: string } }[]
}>({
  url: 'https://www.googleapis.com/calendar/v3/calendars/primary/events',
  params: { timeMin: new Date().toISOString(), singleEvents: true, orderBy: 'startTime', maxResults: 10 }
})
for (const { summary = '(no title)', start } of data.items) console.log(start.dateTime ?? start.date, summary)
