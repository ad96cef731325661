/** docs/several-accounts.md */
import t from 'tap'
import { buildApp } from '../../docs/examples/at-most-two-accounts.js'
import { ADA, GRACE, KATHERINE, startGoogle } from '../support/app.js'
import { runProgram } from './program.js'

t.test('a user connects two accounts, and no third one', async (t) => {
  const google = await startGoogle(t)
  const { signedIn } = await runProgram(t, google, buildApp)
  const ada = await signedIn(ADA)
  const accounts = async (): Promise<unknown> => (await ada.fetch('/accounts')).json()
  const connect = ({ sub }: { sub: string }) => ada.visit(google, '/auth/start?connect=1&return_to=/accounts', { sub })

  t.same((await connect(GRACE)).json(), [ADA.email, GRACE.email], 'the own account is one of the two')
  const refused = await connect(KATHERINE)
  t.match([refused.status, refused.text], [403, /You have connected two accounts/])
  t.same(await accounts(), [ADA.email, GRACE.email])

  t.equal((await connect(GRACE)).status, 200, 'one of them may be connected again')
  google.revokeGrant(GRACE.sub)
  t.equal((await connect(GRACE)).status, 200, 'also when its grant was lost')

  await ada.submit(`/auth/revoke?account=${GRACE.sub}`)
  t.same((await connect(KATHERINE)).json(), [ADA.email, KATHERINE.email])
})
