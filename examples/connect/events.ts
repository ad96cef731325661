import { calendar } from '@googleapis/calendar'
import type { GoogleClient } from 'fastify-google-auth'

const DAY_MS = 86_400_000

/** The titles of the events of the next 24 hours in the calendar of one account. */
export async function nextEvents(
  client: Pick<GoogleClient, 'auth'>,
  rootUrl: string,
  now = Date.now()
): Promise<string[]> {
  const api = calendar({ version: 'v3', auth: client.auth, rootUrl })
  const [timeMin, timeMax] = [new Date(now).toISOString(), new Date(now + DAY_MS).toISOString()]
  const { data } = await api.events.list({ calendarId: 'primary', timeMin, timeMax, singleEvents: true })
  return (data.items ?? []).map(({ summary }) => summary ?? 'Untitled')
}
