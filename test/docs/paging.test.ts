/** docs/recipes/paging.md */
import t from 'tap'
import { buildApp } from '../../docs/examples/paging.js'
import { ADA, startGoogle } from '../support/app.js'
import { answerGoogleApis, runProgram } from './program.js'

const EVENTS = 5_000

t.test('5,000 events come page by page', async (t) => {
  const google = await startGoogle(t)
  answerGoogleApis(t, google.apiOrigin)
  google.calendar(ADA.sub).clear()
  for (let number = 1; number <= EVENTS; number++) {
    const at = { dateTime: new Date(Date.UTC(2027, 0, 1, 0, number)).toISOString() }
    google.calendar(ADA.sub).insert({ id: `event${number}`, summary: `Event ${number}`, start: at, end: at })
  }
  const { browser } = await runProgram(t, google, buildApp)
  const ada = browser()
  const count = await ada.visit(google, '/events/count', ADA)
  t.same(count.json(), { count: EVENTS, untitled: 0 })
  t.equal(google.count('api'), 2, 'two pages of 2,500')

  const lines = (await ada.fetch('/events/export')).text.trimEnd().split('\n')
  t.equal(lines.length, EVENTS)
  t.match(JSON.parse(lines.at(-1) ?? ''), { id: `event${EVENTS}`, summary: `Event ${EVENTS}` })

  google.revokeGrant(ADA.sub)
  t.equal((await ada.fetch('/events/export')).status, 401, 'trouble on the first page is an answer, not half a file')
})
