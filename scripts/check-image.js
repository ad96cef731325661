/**
 * Checks the Dockerfile without Docker: runs its very steps in fresh folders, one for each stage, then looks at what the last
 * stage holds and runs its command as the image would.
 *
 * It knows the instructions that this Dockerfile uses, in the forms it uses them; any other is an error here. What Docker adds,
 * the base image above all, stays unchecked.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** The user `node` of the base image. */
const NODE_UID = 1000
const START_LIMIT_MS = 20_000
const PUBLIC_URL = 'https://datebook.example'

const folder = mkdtempSync(join(tmpdir(), 'image-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
chmodSync(folder, 0o755)

/** @typedef {{ root: string, workdir: string, env: Record<string, string>, user: string, command: string[] }} Stage */

/** The files that Docker would send: .dockerignore names them, and keeps all others out. */
const context = join(folder, 'context')
const [everything, ...kept] = readFileSync(join(ROOT, '.dockerignore'), 'utf8').trim().split('\n')
assert.equal(everything, '*', '.dockerignore begins by keeping everything out')
for (const line of kept) {
  assert.match(line, /^![\w.-]+$/, '.dockerignore lets in whole files and folders')
  cpSync(join(ROOT, line.slice(1)), join(context, line.slice(1)), { recursive: true })
}

/** @type {Map<string, Stage>} */
const stages = new Map()
/** @type {Stage | undefined} */
let stage

/** @type {Record<string, (rest: string, stage: Stage) => void>} */
const instructions = {
  WORKDIR: (path, stage) => {
    stage.workdir = path
    mkdirSync(join(stage.root, path), { recursive: true })
  },
  ENV: (rest, stage) => {
    for (const pair of rest.split(' ')) stage.env[pair.split('=')[0] ?? ''] = pair.split('=')[1] ?? ''
  },
  COPY: (rest, stage) => {
    const words = rest.split(' ')
    const from = words[0]?.startsWith('--from=') ? stages.get(words.shift()?.slice('--from='.length) ?? '') : undefined
    const target = words.pop() ?? ''
    for (const source of words) {
      const place = join(stage.root, stage.workdir, target, target.endsWith('/') && !from ? source : '')
      cpSync(join(from?.root ?? context, source), place, { recursive: true, verbatimSymlinks: true })
    }
  },
  RUN: (rest, stage) => {
    const { status } = spawnSync('sh', ['-c', rest], {
      cwd: join(stage.root, stage.workdir),
      env: { ...process.env, ...stage.env },
      stdio: ['ignore', 'inherit', 'inherit']
    })
    assert.equal(status, 0, `RUN ${rest}`)
  },
  USER: (name, stage) => void (stage.user = name),
  EXPOSE: () => {},
  CMD: (rest, stage) => void (stage.command = JSON.parse(rest))
}

const steps = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter(Boolean)
for (const step of steps) {
  console.log(step)
  const [, word = '', rest = ''] = /^(\S+) +(.*)$/.exec(step) ?? []
  if (word === 'FROM') {
    const root = join(folder, `stage-${stages.size}`)
    stage = { root, workdir: '/', env: {}, user: 'root', command: [] }
    stages.set(/ AS (\w+)$/.exec(rest)?.[1] ?? 'last', stage)
  } else {
    const run = instructions[word]
    assert.ok(run && stage, `${word} is an instruction that this check knows`)
    run(rest, stage)
  }
}
const image = stages.get('last')
assert.ok(image, 'the last stage has no name')
const place = join(image.root, image.workdir)

const files = readdirSync(place, { recursive: true, encoding: 'utf8' })
const ours = files.filter((file) => !file.startsWith('node_modules'))
assert.deepEqual(
  ours.filter((file) => /(?<!\.d)\.ts$/.test(file)),
  [],
  'there is no TypeScript to compile'
)
assert.deepEqual(
  ours.filter((file) => /secret|\.env/.test(file) && !file.startsWith('dist')),
  [],
  'there is no secret'
)
const tools = ['typescript', 'tsx', 'tap', 'eslint', 'prettier', 'typedoc', 'playwright-core']
assert.deepEqual(
  tools.filter((name) => existsSync(join(place, 'node_modules', name))),
  [],
  'there are no tools'
)
const listed = spawnSync('npm', ['ls', '--all', '--omit=dev'], { cwd: place, encoding: 'utf8' })
assert.equal(listed.status, 0, `node_modules holds what package.json asks for, and no more:\n${listed.stderr}`)
assert.notEqual(image.user, 'root', 'the app does not run as root')

/** Runs the command of the image, as its user, with these variables beside those of the image. @param {Record<string, string>} variables */
const start = (variables) => {
  const [program = '', ...args] = image.command
  const asUser = process.getuid?.() === 0 ? { uid: NODE_UID, gid: NODE_UID } : {}
  const env = { PATH: process.env.PATH, ...image.env, HOST: '127.0.0.1', ...variables }
  const child = spawn(program, args, { cwd: place, env, ...asUser, stdio: ['ignore', 'pipe', 'pipe'] })
  process.once('exit', () => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  return { child, ended: once(child, 'close'), output: () => output }
}

/** Where the app, started with these variables, sends a browser to sign in. @param {Record<string, string>} variables */
const signInPage = async (variables) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  const { child, ended, output } = start({ ...variables, PORT: String(port), PUBLIC_URL })
  for (const end = Date.now() + START_LIMIT_MS; !/^Open /m.test(output()); await sleep(50)) {
    assert.ok(child.exitCode === null && Date.now() < end, `the app starts: ${output()}`)
  }
  assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200)
  assert.equal((await fetch(`http://127.0.0.1:${port}/style.css`)).status, 200)
  const { headers } = await fetch(`http://127.0.0.1:${port}/auth/start`, { redirect: 'manual' })
  child.kill('SIGTERM')
  await ended
  assert.equal(child.exitCode, 0, 'a signal ends it well')
  return headers.get('location') ?? ''
}

const refused = start({})
await refused.ended
assert.equal(refused.child.exitCode, 1)
assert.match(refused.output(), /^GOOGLE_CLIENT_SECRETS must [^\n]*\n$/, 'without settings it refuses to run')

assert.match(await signInPage({ GOOGLE_EMULATOR: '1' }), /^http:\/\/127\.0\.0\.1:/, 'the emulator, asked for by name')

const secrets = join(folder, 'client_secrets.json')
const web = {
  client_id: 'id',
  client_secret: 'secret',
  auth_uri: 'https://accounts.google.com/o/oauth2/auth',
  token_uri: 'https://oauth2.googleapis.com/token',
  redirect_uris: [`${PUBLIC_URL}/auth/return`]
}
writeFileSync(secrets, JSON.stringify({ web }))
const google = await signInPage({ GOOGLE_CLIENT_SECRETS: secrets, AUTH_SECRET: 'x'.repeat(32) })
assert.match(google, /^https:\/\/accounts\.google\.com\//, 'Google itself, with a secrets file')

console.log(`The image would hold ${files.length} files, and its command runs.`)
