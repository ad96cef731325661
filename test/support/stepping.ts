import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { optionsFor } from './app.js'
import type { ConnectFleet } from './connect-fleet.js'
import { Browser } from './jar.js'
import { freePort } from './redis.js'

const MEMBER = fileURLToPath(new URL('stepping-member.js', import.meta.url))

/** A process that connects Google and can be killed between any two steps. */
export interface SteppingMember {
  of: (user: string) => Browser
  /** From now on, it stops before each step. */
  step: () => Promise<void>
  /** The step that it stands at; `null` when `work` was done before. Lets `taken` steps happen first. */
  runTo: (taken: number, work: Promise<unknown>) => Promise<string | null>
  /** kill -9. */
  kill: () => Promise<void>
}

export async function startStepping(
  t: Test,
  { google, redis }: ConnectFleet,
  scopes: string[]
): Promise<SteppingMember> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const redirectUri = `${origin}/auth/return`
  google.addRedirectUri(redirectUri)
  const env = {
    ...process.env,
    FLEET: JSON.stringify({ options: { ...optionsFor(google, redirectUri), scopes }, redis: redis.url })
  }
  const child = fork(MEMBER, { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const gone = once(child, 'exit')
  const steps: string[] = []
  let told = (): void => undefined
  let at = 0
  child.on('message', (message: { step?: string }) => {
    if (message.step !== undefined) steps.push(message.step)
    told()
  })
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await gone
  }
  t.teardown(kill)
  await once(child, 'message')
  return {
    of(user) {
      const browser = new Browser(origin, port)
      browser.cookies.set('user', { value: user, attributes: {} })
      return browser
    },
    async step() {
      const answer = once(child, 'message')
      child.send('step')
      await answer
    },
    async runTo(taken, work) {
      const done = work.then(
        () => null,
        () => null
      )
      for (; ; at++) {
        const next = new Promise<string>((resolve) => {
          told = () => {
            const step = steps[at]
            if (step !== undefined) resolve(step)
          }
          told()
        })
        const step = await Promise.race([next, done])
        if (step === null || at === taken) return step
        child.send('go')
      }
    },
    kill
  }
}
