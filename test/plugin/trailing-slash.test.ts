/** The routes of the plugin with a slash at the end, as some proxies write them. */
import Fastify from 'fastify'
import t from 'tap'
import { googleAuth } from '../../src/index.js'
import { ADA, optionsFor, startApp, startGoogle } from '../support/app.js'

t.test('a return with a slash at the end is a return, and its code is in no log', async (t) => {
  const google = await startGoogle(t)
  const { browser, log } = await startApp(t, google)
  const ada = browser()
  const back = new URL(await google.approve(await ada.start(), { sub: ADA.sub }))
  const code = back.searchParams.get('code') ?? ''
  const returned = await ada.navigate(`${back.pathname}/${back.search}`)
  t.equal(returned.status, 302)
  t.match((await ada.fetch('/me')).json(), { sub: ADA.sub })
  t.ok(code.length > 10)
  t.notMatch(log.join(''), code)
  t.equal((await ada.submit('/auth/signout/')).status, 303)
  t.equal((await ada.fetch('/auth/start?return_to=/auth/return/')).status, 400, 'and no page to come back to')
})

t.test('where the router of the app ignores the slash', async (t) => {
  const google = await startGoogle(t)
  for (const options of [{ ignoreTrailingSlash: true }, { routerOptions: { ignoreTrailingSlash: true } }]) {
    const app = Fastify(options)
    t.teardown(() => app.close())
    await app.register(googleAuth, optionsFor(google, 'http://localhost:3000/auth/return'))
    t.equal((await app.inject('/auth/start/')).statusCode, 302)
  }
})
