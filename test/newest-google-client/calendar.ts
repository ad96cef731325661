/**
 * Google's newest client, installed in this folder by `npm run setup`. It declares Node 22 and runs on Node 20 too; among the
 * dev dependencies it would stop every strict install on Node 20.
 */
import { existsSync } from 'node:fs'

export { calendar } from '@googleapis/calendar'

const MODULES = new URL('node_modules/', import.meta.url)

// Without it the import above finds the older client of the dev dependencies, and tests that one a second time.
if (!existsSync(new URL('@googleapis/calendar/', MODULES))) {
  throw new Error("Google's newest client is not installed here. Install it with: npm run setup")
}

/** The library below the client, which builds its uploads. */
export const newestCommon = new URL('googleapis-common/build/src/index.js', MODULES).href
