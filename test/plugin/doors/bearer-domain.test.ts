/** The option `hostedDomain` and bearer tokens: on a route with a list of addresses, the list decides. */
import t from 'tap'
import { ADA, GRACE, KATHERINE, startApp, startGoogle } from '../../support/app.js'

t.test('the order of the guards changes nothing', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google, {
    options: { bearer: true, hostedDomain: 'workspace.example' },
    routes(app) {
      const { required } = app.googleAuth
      const [all, listed] = [required({ bearer: true }), required({ bearer: true, emails: [ADA.email] })]
      app.get('/all', { onRequest: all }, () => 'ok')
      app.get('/list-first', { onRequest: [listed, all] }, () => 'ok')
      app.get('/list-last', { onRequest: all, preHandler: listed }, () => 'ok')
    }
  })
  const statusOf = async (path: string, sub: string): Promise<number> => {
    const headers = { authorization: `Bearer ${await google.credential(sub)}` }
    return (await browser().fetch(path, { headers })).status
  }
  t.equal(await statusOf('/all', ADA.sub), 403, 'she belongs to no domain')
  t.equal(await statusOf('/all', KATHERINE.sub), 200)
  for (const path of ['/list-first', '/list-last']) {
    t.equal(await statusOf(path, ADA.sub), 200, path)
    for (const { sub } of [GRACE, KATHERINE]) t.equal(await statusOf(path, sub), 403, path)
  }
})
