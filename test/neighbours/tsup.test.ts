/** tsup: an app with its types, whose packages stay where they are, as tsup leaves them. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { SECRET } from '../support/app.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSUP = join(ROOT, 'node_modules/tsup/dist/cli-default.js')

const APP = `
  import Fastify, { type FastifyInstance } from 'fastify'
  import googleAuth, { type GoogleUser } from 'fastify-google-auth'

  export async function start(): Promise<FastifyInstance> {
    const app = Fastify()
    await app.register(googleAuth, {
      clientId: 'client',
      clientSecret: 'client-secret',
      redirectUri: 'http://localhost:3000/auth/return',
      secret: '${SECRET}'
    })
    app.get('/me', { onRequest: app.googleAuth.required() }, (request): GoogleUser => request.signedInUser)
    return app
  }
`

t.test('an app and its types, ESM and CommonJS', async (t) => {
  const ignoreDeprecations = '6.0' // tsup sets baseUrl
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    ignoreDeprecations
  }
  const folder = t.testdir({
    'app.ts': APP,
    'package.json': JSON.stringify({ type: 'module', dependencies: { fastify: '5', 'fastify-google-auth': '*' } }),
    'tsconfig.json': JSON.stringify({ compilerOptions, files: ['app.ts'] }),
    node_modules: { 'fastify-google-auth': t.fixture('symlink', ROOT) }
  })
  const args = ['app.ts', '--format', 'esm,cjs', '--dts']
  execFileSync(process.execPath, [TSUP, ...args], { cwd: folder, stdio: 'pipe' })
  t.match(readFileSync(join(folder, 'dist/app.d.ts'), 'utf8'), /start\(\): Promise<FastifyInstance/)
  const statuses = `.then((app) => Promise.all(['/auth/start', '/me'].map((url) => app.inject(url))))
    .then((replies) => console.log(replies.map(({ statusCode }) => statusCode).join()))`
  for (const [name, text] of [
    ['run.mjs', `import { start } from './dist/app.js'\nstart()${statuses}`],
    ['run.cjs', `const { start } = require('./dist/app.cjs')\nstart()${statuses}`]
  ] as const) {
    writeFileSync(join(folder, name), text)
    t.equal(execFileSync(process.execPath, [join(folder, name)], { encoding: 'utf8' }).trim(), '302,401', name)
  }
})
