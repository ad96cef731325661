/** `OAuth2Credentials` against an endpoint, and `Credentials` of one's own. */
import t from 'tap'
import { Credentials, flowFromClientSecrets, OAuth2WebServerFlow, Token } from '../../../src/core.js'
import { ADA, CALENDAR, REDIRECT_URI, startFor } from '../../emulator/app.js'

t.test('refresh() brings a fresh token, and revoke() ends the grant', async (t) => {
  const google = await startFor(t)
  google.addRedirectUri(REDIRECT_URI)
  const { client_id: clientId, client_secret: clientSecret } = google.clientSecrets.web
  const flow = new OAuth2WebServerFlow({
    clientId,
    clientSecret,
    scope: ['openid', CALENDAR],
    redirectUri: REDIRECT_URI,
    issuer: google.issuer
  })
  const { url, attempt } = await flow.step1GetAuthorizeUrl()
  const credentials = await flow.step2Exchange(await google.approve(url, { sub: ADA }), attempt)
  const first = await credentials.token()
  const fresh = await credentials.refresh()
  t.not(fresh.accessToken, first.accessToken)
  t.equal((await credentials.token()).accessToken, fresh.accessToken, 'and it is kept')
  t.ok(await credentials.hasScopes(CALENDAR))
  await credentials.revoke()
  t.equal(google.grants(ADA).refreshTokens, 0)
  await t.rejects(flowFromClientSecrets('/no/such/file.json', { scope: 'openid', redirectUri: REDIRECT_URI }), {
    code: 'GOOGLE_AUTH_CLIENT_SECRETS'
  })
})

t.test('credentials of one’s own: by a source, by a subclass, and without either', async (t) => {
  const token = Token.from({ accessToken: 'ya29.own', scopes: [] })
  t.equal((await new Credentials(async () => token).token()).accessToken, 'ya29.own')
  class Own extends Credentials {
    override token(): Promise<Token> {
      return Promise.resolve(token)
    }
  }
  t.same(await new Own().getAccessToken(), { token: 'ya29.own' })
  t.equal((await new Own().getRequestHeaders()).get('authorization'), 'Bearer ya29.own')
  await t.rejects(new Credentials().token(), { name: 'TypeError', message: /need a source of tokens/ })
})
