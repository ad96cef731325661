import type { FastifyBaseLogger } from 'fastify'

/** Runs a hook of the app. Its error is logged and not thrown: what the hook is told about has already happened. */
export async function runHook(log: FastifyBaseLogger, hook: string, run: () => Promise<void> | void): Promise<void> {
  try {
    await run()
  } catch (error) {
    log.error({ err: error }, `The hook ${hook} failed`)
  }
}
