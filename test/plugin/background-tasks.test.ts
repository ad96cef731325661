import t from 'tap'
import { BackgroundTasks } from '../../src/plugin/background-tasks.js'
import { warningsDuring } from '../support/warnings.js'

t.test('many pauses at once warn of no leak, and the end of the app ends them all', async (t) => {
  const background = new BackgroundTasks((error) => t.fail('no work fails', { error }))
  let ended = 0
  const warnings = await warningsDuring(async () => {
    for (let i = 0; i < 30; i++) background.run(background.pause(3_600_000).then(() => void (ended += 1)))
  })
  t.same(warnings, [])
  await background.close()
  t.equal(ended, 30)
})
