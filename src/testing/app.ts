import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { TEST_ENTRANCE, type TestEntrance } from '../plugin/test-entrance.js'

/** What the testing kit uses of an app. Every Fastify app has it, whatever its server and logger are. */
export interface AppUnderTest {
  /**
   * Loads all plugins.
   * @param loaded Called when they are loaded, or with the error of one.
   */
  ready: (loaded: (error: Error | null) => void) => unknown
  /**
   * Sends a request without a network.
   * @param options The request.
   */
  inject: (options: InjectOptions) => Promise<LightMyRequestResponse>
}

/** The entrance of the plugin in this app. Throws a `TypeError` for an app without it. */
export async function entranceOf(app: AppUnderTest): Promise<TestEntrance> {
  // With a callback: without one, the `ready` of a scope fails in an app that is loaded already.
  await new Promise<void>((resolve, reject) => {
    app.ready((error) => (error ? reject(error) : resolve()))
  })
  const { [TEST_ENTRANCE]: entrance } = app as { [TEST_ENTRANCE]?: TestEntrance }
  if (entrance === undefined)
    throw new TypeError(
      'This app has no fastify-google-auth. Register the plugin first. If it is registered in a scope, pass the app of that scope.'
    )
  return entrance
}
