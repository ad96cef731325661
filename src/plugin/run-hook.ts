import type { FastifyBaseLogger } from 'fastify'

/** Runs a hook of the app that can no longer change anything: its error is logged. */
export async function runHook(log: FastifyBaseLogger, hook: string, run: () => Promise<void> | void): Promise<void> {
  try {
    await run()
  } catch (error) {
    log.error({ err: error }, `The hook ${hook} failed`)
  }
}
