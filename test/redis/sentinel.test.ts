import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { connectRedis } from '../../src/redis/connection.js'
import { userStorages } from '../support/user-storages.js'
import { createSealer, PURPOSE } from '../../src/core/lib/sealing.js'
import { SignIns } from '../support/fleet-sign-ins.js'
import { startSentinels } from '../support/redis-sentinels.js'

const sealer = createSealer(['secret-of-at-least-32-characters-01'])(PURPOSE.credentials)

t.test('the master is killed under load: no confirmed sign-in is lost', async (t) => {
  const set = await startSentinels()
  t.teardown(() => set.stop())
  const connection = connectRedis(set.client(), 1)
  t.teardown(() => connection.close())
  const { redis, writer } = connection
  const confirmed = userStorages({ redis, writer, sealer, clientId: 'c', minReplicas: 1 })

  const signIns = new SignIns(confirmed, 12)
  await sleep(500)
  await set.master.kill()
  const killedAt = performance.now()
  await signIns.allWorkAgain()
  const outage = Math.round(performance.now() - killedAt)
  await sleep(500)
  await signIns.stop()
  t.same(await signIns.lost(confirmed), [])
  t.ok(
    signIns.confirmed > 100,
    `${signIns.confirmed} confirmed, ${signIns.refused} refused, all well after ${outage} ms`
  )
  t.ok(signIns.slowest < 2_000, `the slowest answer took ${Math.round(signIns.slowest)} ms`)
  t.same(signIns.strangeErrors, [])
})
