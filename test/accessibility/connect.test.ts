import t from 'tap'
import { buildApp } from '../../examples/connect/app.js'
import { Users } from '../../examples/connect/users.js'
import { startGoogle } from '../support/app.js'
import { launchBrowser } from '../support/browser.js'
import { inspect } from '../support/inspect-page.js'
import { freePort } from '../support/redis.js'

t.test('every page of the example with users of its own', async (t) => {
  const browser = await launchBrowser(t)
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  const google = await startGoogle(t, { clients: [{ redirectUris: [`${publicUrl}/auth/return`] }] })
  const users = new Users(':memory:')
  const { clientSecrets, issuer, apiOrigin } = google
  const app = await buildApp({
    publicUrl,
    google: { options: { clientSecrets, issuer, apiOrigins: [apiOrigin] }, calendarRootUrl: `${apiOrigin}/` },
    users
  })
  t.teardown(() => app.close())
  app.addHook('onClose', async () => users.close())
  await app.listen({ port })

  const page = await (await browser.newContext()).newPage()
  const look = (name: string, text: string) => inspect(t, page, `connect-${name}`, text)
  const connect = async (name: string): Promise<void> => {
    await page.getByRole('link', { name: 'Connect' }).first().click()
    await page.getByRole('button', { name }).click()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL(`${publicUrl}/`)
  }
  await page.goto(publicUrl)
  await look('sign-in', 'Your name')
  await page.getByLabel('Your name').fill('Ann')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await look('no-account', 'None yet.')
  await connect('Ada Lovelace')
  await connect('Grace Hopper')
  await look('two-accounts', 'Coffee with Charles')
  google.revokeGrant(google.users[1]!.sub)
  google.revokeGrant(google.users[0]!.sub)
  google.expireAccessTokens(google.users[0]!.sub)
  await page.reload()
  await look('one-lost', 'lost (revoked), since')
})
