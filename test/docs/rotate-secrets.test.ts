/** docs/recipes/rotate-secrets.md */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { buildApp } from '../../docs/examples/api-without-a-client.js'
import { secretsOf } from '../../docs/examples/rotate-secrets.js'
import { ADA, startGoogle, startRedisFor } from '../support/app.js'
import { answerGoogleApis, runProgram } from './program.js'

const [OLD, NEW] = ['the-old-secret-of-these-tests-0123456789', 'the-new-secret-of-these-tests-0123456789']

t.test('each step of both rotations keeps users signed in and their grants alive', async (t) => {
  const [google, { url: redis }] = await Promise.all([startGoogle(t), startRedisFor(t)])
  answerGoogleApis(t, google.apiOrigin)
  const folder = mkdtempSync(join(tmpdir(), 'rotate-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'client_secrets.json')
  const client = google.addClient({ clientId: 'rotated', redirectUris: ['http://localhost/auth/return'] }) as {
    clientSecret: string
  }
  /** A process that starts with these secrets, and with the file as it is now. */
  const deploy = (secrets: string) =>
    runProgram(
      t,
      {
        issuer: google.issuer,
        clientSecrets: google.clientSecretsOf('rotated'),
        addRedirectUri: (uri) => google.addRedirectUri(uri, 'rotated'),
        approve: (...args) => google.approve(...args),
        cancel: (...args) => google.cancel(...args)
      },
      async (options, origin) => {
        writeFileSync(file, JSON.stringify(google.clientSecretsOf('rotated')))
        const { clientSecrets: _, ...rest } = options
        return buildApp({
          ...rest,
          // All processes of one app have one redirect URI; here each has a port of its own, so cookies are named by hand.
          session: { cookieName: 'app' },
          redirectUri: `${origin}/auth/return`,
          ...secretsOf({ AUTH_SECRETS: secrets, GOOGLE_CLIENT_SECRETS: file })
        })
      },
      { redis }
    )

  const before = await deploy(OLD)
  const ada = before.browser()
  t.equal((await ada.visit(google, '/events', ADA)).status, 200)
  const cookie = () => `app=${ada.cookies.get('app')!.value}`
  const at = async ({ origin }: { origin: string }) => {
    const response = await fetch(`${origin.replace('localhost', '127.0.0.1')}/events`, {
      headers: { cookie: cookie() }
    })
    const [set = ''] = response.headers.getSetCookie()
    const value = /^app=([^;]+)/.exec(set)?.[1]
    if (value) ada.cookies.set('app', { value, attributes: {} })
    return response.status
  }

  const first = await deploy(`${OLD} ${NEW}`)
  t.same([await at(before), await at(first)], [200, 200], 'the new secret may open')
  const second = await deploy(`${NEW} ${OLD}`)
  t.equal(await at(second), 200, 'the new secret seals')
  t.equal(await at(before), 401, 'a process that does not know it yet cannot open that: hence the first step')
  t.equal(await at(first), 200, 'a process of the first step can')
  google.expireAccessTokens()
  t.equal(await at(second), 200, 'a refresh seals the grant anew')
  t.equal(await at(await deploy(NEW)), 200, 'the old secret is gone')

  client.clientSecret = 'GOCSPX-the-other-secret'
  google.expireAccessTokens()
  t.equal(await at(second), 503, 'a client secret that Google no longer takes is trouble, and no lost grant')
  t.equal(await at(await deploy(NEW)), 200, 'with the new file the same grant works on')
})
