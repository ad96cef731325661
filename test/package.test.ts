/** What package.json promises, and what would be published. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import semver from 'semver'
import t from 'tap'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

interface Manifest {
  version: string
  exports: Record<string, string | Record<string, string>>
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
  engines: { node: string }
  scripts: Record<string, string>
}

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const manifest = JSON.parse(read('package.json')) as Manifest

/** The package a bare specifier belongs to: `@fastify/cookie`, `jose`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

t.test('every path in exports was built', async (t) => {
  const paths = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? entry : Object.values(entry)
  )
  for (const path of paths) t.ok(existsSync(join(ROOT, path)), path)
})

t.test('dependencies are what src imports, no more and no less', async (t) => {
  const imported = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => ts.preProcessFile(read(join('src', file)), true, true).importedFiles)
    .map(({ fileName }) => fileName)
    .filter((name) => !name.startsWith('.') && !name.startsWith('node:') && !builtinModules.includes(name))
  // The user has the peers: fastify is the host, and an API comes with its SDK.
  const wanted = new Set(imported.map(packageOf).filter((name) => !Object.hasOwn(manifest.peerDependencies, name)))
  t.same(Object.keys(manifest.dependencies).sort(), [...wanted].sort())
})

/** The oldest Node of each line that `engines` names. */
const oldestNodes = manifest.engines.node.split('||').map((line) => semver.minVersion(line)!.version)

t.test('what is locked installs on the oldest Node of each line, also with engine-strict', async (t) => {
  t.ok(oldestNodes.includes('20.19.0'), String(oldestNodes))
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { engines?: { node?: string }; optional?: boolean }>
  }
  const refusals = Object.entries(lock.packages).flatMap(([path, { engines, optional }]) =>
    oldestNodes
      .filter((node) => !optional && !semver.satisfies(node, engines?.node ?? '*'))
      .map((node) => `${path} refuses Node ${node}`)
  )
  t.same(refusals, [])
})

t.test('CI runs on the oldest Node of each line, and installs with engine-strict', async (t) => {
  for (const node of oldestNodes) t.match(read('.github/workflows/ci.yml'), `'${node}'`)
  t.match(read('.ci/run'), 'npm_config_engine_strict=true')
})

t.test('the tarball holds the build, its sources and the papers, and nothing private', async (t) => {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore']
  })
  // npm 12 answers an object keyed by package name, older ones a list.
  const [packed] = Object.values(JSON.parse(output) as Record<string, { files: { path: string }[] }>)
  const files = packed?.files.map(({ path }) => path) ?? []
  for (const file of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist/index.js', 'dist/index.d.ts']) {
    t.ok(files.includes(file), `has ${file}`)
  }
  const foreign = files.filter(
    (file) => !/^(dist|src|docs)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md|AGENTS\.md|llms\.txt)$/.test(file)
  )
  t.same(foreign, [], 'has nothing else')
  // What a coding agent reads first leads to these.
  for (const page of read('docs/recipes/README.md').matchAll(/\]\(([\w-]+\.md)\)/g)) {
    t.ok(files.includes(`docs/recipes/${page[1]}`), `has the recipe ${page[1]}`)
  }
  for (const file of ['docs/getting-started.md', 'docs/examples/getting-started/app.ts', 'AGENTS.md', 'llms.txt']) {
    t.ok(files.includes(file), `has ${file}`)
  }
  t.same(
    files.filter((file) => file.endsWith('tsconfig.json')),
    [],
    'has no settings of the repository'
  )
})

t.test('the papers agree', async (t) => {
  t.match(read('CHANGELOG.md'), `## [${manifest.version}]`, 'the version has its entry in the changelog')
  const lock = JSON.parse(read('package-lock.json')) as {
    version: string
    packages: Record<string, { resolved?: string }>
  }
  t.equal(lock.version, manifest.version, 'the lockfile has the same version')
  const hosts = Object.values(lock.packages).flatMap(({ resolved }) => (resolved ? new URL(resolved).host : []))
  t.same(
    [...new Set(hosts)].filter((host) => host !== 'registry.npmjs.org'),
    [],
    'the lockfile names no other registry'
  )
})

t.test('CommonJS users can require it, without a warning', async (t) => {
  const script =
    "const plugin = require('fastify-google-auth'); const core = require('fastify-google-auth/core');" +
    'console.log(typeof plugin.default, typeof core.OAuth2WebServerFlow)'
  const { stdout, stderr } = spawnSync(process.execPath, ['--eval', script], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: process.env.PATH }
  })
  t.equal(stderr, '')
  t.equal(stdout.trim(), 'function function')
})
