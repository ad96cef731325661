/** esbuild: an app in one file, with all that it depends on, and one that leaves packages where they are. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions } from 'esbuild'
import t from 'tap'
import { SECRET, startRedisFor } from '../support/app.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const APP = `
  import Fastify from 'fastify'
  import googleAuth from 'fastify-google-auth'

  const app = Fastify()
  await app.register(googleAuth, {
    clientId: 'client',
    clientSecret: 'client-secret',
    redirectUri: 'http://localhost:3000/auth/return',
    secret: '${SECRET}',
    redis: process.env.REDIS_URL
  })
  app.get('/me', { onRequest: app.googleAuth.required() }, (request) => request.googleUser)
  const statuses = []
  for (const url of ['/auth/start', '/me']) statuses.push((await app.inject(url)).statusCode)
  console.log(statuses.join())
  await app.close()
`
/** Packages that are CommonJS call `require`, which a module does not have. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)"

t.test('bundles run', async (t) => {
  const { url } = await startRedisFor(t)
  const folder = t.testdir({})
  const bundles: Record<string, BuildOptions> = {
    'all.mjs': { banner: { js: REQUIRE } },
    'external.mjs': { packages: 'external' }
  }
  for (const [name, options] of Object.entries(bundles)) {
    const outfile = join(folder, name)
    const stdin = { contents: APP, resolveDir: ROOT, loader: 'ts' as const }
    const { warnings } = await build({ stdin, outfile, bundle: true, platform: 'node', format: 'esm', ...options })
    t.same(warnings, [], name)
    const env = { PATH: process.env.PATH, REDIS_URL: url }
    t.equal(execFileSync(process.execPath, [outfile], { env, encoding: 'utf8' }).trim(), '302,401', name)
  }
})
