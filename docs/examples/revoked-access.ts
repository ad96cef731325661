/** What a user sees who has taken the app's access away at Google. */
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'

const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'
const EVENTS = 'https://www.googleapis.com/calendar/v3/calendars/primary/events'

/** Tells a user, by mail or on the next page, why the app has stopped working for them. */
export type Notify = (sub: string, why: string) => void

// #region causes
const WHY: Record<string, string> = {
  revoked: 'You removed the access of this app at Google, or changed your password.',
  unused_six_months: 'Nobody has used this access for six months.',
  invalid_rapt: 'Your company asks for a new sign-in now and then.',
  admin_policy_enforced: 'An administrator of your company does not allow this app.'
}
const whyOf = (likelyCause = ''): string => WHY[likelyCause] ?? 'Google has ended the access of this app.'
// #endregion

export async function buildApp(options: GoogleAuthOptions, notify: Notify): Promise<FastifyInstance> {
  const app = Fastify()
  // #region hook
  await app.register(googleAuth, {
    ...options,
    // Once for each loss, in the process that finds out: in a request, in a job, in refreshIdle().
    onGrantLost: ({ owner }, { likelyCause }) => notify(owner, whyOf(likelyCause))
  })
  // #endregion

  app.get('/events', { onRequest: app.googleAuth.required({ scopes: [CALENDAR] }) }, async (request) => {
    const { data } = await request.googleClient.request<{ items?: unknown[] }>({ url: EVENTS })
    return data.items ?? []
  })

  // #region page
  app.get('/settings', { onRequest: app.googleAuth.required() }, async (request) => {
    const { state, likelyCause } = await app.googleAuth.status(request.signedInUser.sub)
    if (state === 'active') return { google: 'connected' }
    // The path to link to: to Google, and then back to this page.
    return {
      google: 'gone',
      why: whyOf(likelyCause),
      again: app.googleAuth.startUrl({ returnTo: '/settings', scopes: [CALENDAR] })
    }
  })
  // #endregion
  return app
}
