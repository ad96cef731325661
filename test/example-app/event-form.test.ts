import t from 'tap'
import { emptyForm, eventFrom, fieldsOf, problemsOf } from '../../example-app/event-form.js'

const good = {
  summary: 'Tea',
  day: '2999-12-31',
  time: '23:30',
  minutes: '60',
  location: '',
  timeZone: 'Europe/Berlin',
  account: '1'
}

t.test('a form becomes an event by the clocks of the calendar', async (t) => {
  t.same(problemsOf(good, ['1']), {})
  t.same(eventFrom(good), {
    summary: 'Tea',
    start: { dateTime: '2999-12-31T23:30:00', timeZone: 'Europe/Berlin' },
    end: { dateTime: '3000-01-01T00:30:00', timeZone: 'Europe/Berlin' }
  })
  t.match(eventFrom({ ...good, location: 'Here' }), { location: 'Here' })
})

t.test('the form that is offered first is a good one but for its name', async (t) => {
  for (const timeZone of ['UTC', 'Pacific/Kiritimati', 'America/Los_Angeles', 'Asia/Kolkata']) {
    t.same(Object.keys(problemsOf(emptyForm(timeZone, '1'), ['1'])), ['summary'], timeZone)
  }
})

t.test('what is wrong is told by field', async (t) => {
  const wrong = (changes: Partial<typeof good>) => problemsOf({ ...good, ...changes }, ['1', '2'])
  t.match(wrong({ summary: '' }), { summary: /name/ })
  t.match(wrong({ summary: 'x'.repeat(201) }), { summary: /200/ })
  t.match(wrong({ day: '2001-01-01' }), { day: /passed/ })
  for (const day of ['', 'soon', '2999-13-01']) t.match(wrong({ day }), { day: /Choose/ })
  for (const time of ['', 'soon', '25:00', '10:07']) t.match(wrong({ time }), { time: /Choose/ })
  t.match(wrong({ minutes: 'constructor' }), { minutes: /how long/ })
  t.match(wrong({ account: '3' }), { account: /calendar/ })
  t.match(wrong({ location: 'x'.repeat(201) }), { location: /200/ })
})

t.test('anything may be sent', async (t) => {
  const empty = { summary: '', day: '', time: '', minutes: '', location: '', timeZone: 'UTC', account: '' }
  for (const body of [undefined, null, 'text', [], { summary: 5, timeZone: 'Mars/Base' }]) t.same(fieldsOf(body), empty)
  t.match(fieldsOf({ summary: '  Tea ', timeZone: 'Asia/Tokyo' }), { summary: 'Tea', timeZone: 'Asia/Tokyo' })
})
