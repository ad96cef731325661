/**
 * Makes sure of what the tests run for real: redis-server, Chromium, Google's client for Python, and its newest one for Node; nginx
 * as well, which only `npm run test:neighbours` needs.
 *
 * What is missing is installed: programs by apt-get as root or with passwordless sudo, Redis by Homebrew as well, the client by
 * npm. What can't be installed is named, with the command for this platform, and the exit code is 1: a test run never skips
 * them silently.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium as playwright } from 'playwright-core'

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const CHROMIUM_PLACES = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
]
const PYTHON_IMPORTS = 'import google_auth_oauthlib.flow, google.auth.transport.requests'
const NEWEST_CLIENT = fileURLToPath(new URL('../test/newest-google-client', import.meta.url))
const PLAYWRIGHT_CLI = fileURLToPath(new URL('cli.js', import.meta.resolve('playwright-core/package.json')))

/** @param {string} file */
const isProgram = (file) => {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/** The path of the first of `names` that stands in PATH, or null. @param {string[]} names */
const inPath = (...names) => {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram) ?? null
}

const findRedis = () => [process.env.REDIS_SERVER_PATH ?? ''].find(isProgram) ?? inPath('redis-server')

/** Ubuntu's `chromium-browser` without snapd is a stub that only prints a hint, so a browser must name its version. */
const findChromium = () =>
  [
    process.env.CHROMIUM_PATH ?? '',
    inPath(...CHROMIUM_NAMES) ?? '',
    ...CHROMIUM_PLACES,
    playwright.executablePath()
  ].find((file) => isProgram(file) && spawnSync(file, ['--version'], { timeout: 30_000 }).status === 0) ?? null

/** Debian's place of it is not in the PATH of a user. */
const findNginx = () => [process.env.NGINX_PATH ?? '', inPath('nginx') ?? '', '/usr/sbin/nginx'].find(isProgram) ?? null

/** A Python that has Google's client. The one that stands first in PATH need not be the one that apt-get installs for. */
const findPython = () =>
  [process.env.PYTHON_PATH ?? '', '/usr/bin/python3', inPath('python3') ?? ''].find(
    (file) => isProgram(file) && spawnSync(file, ['-c', PYTHON_IMPORTS], { timeout: 30_000 }).status === 0
  ) ?? null

/** The programs: the variable that names one to the tests, how it is found, and Debian's packages of it. */
const PROGRAMS = [
  { variable: 'REDIS_SERVER_PATH', find: findRedis, packages: ['redis-server'] },
  { variable: 'CHROMIUM_PATH', find: findChromium, packages: ['chromium'] },
  {
    variable: 'PYTHON_PATH',
    find: findPython,
    packages: ['python3-google-auth', 'python3-google-auth-oauthlib', 'python3-requests']
  }
]

/** For one slow test beside other programs, which names it when it is missing. */
const NGINX = { variable: 'NGINX_PATH', find: findNginx, packages: ['nginx-light', 'openssl'] }

/** Runs one command, its output shown only when it fails; says whether it succeeded. @param {string[]} command */
const run = (...command) => {
  console.log(`$ ${command.join(' ')}`)
  const [program = '', ...args] = command
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stdout, stderr } = spawnSync(program, args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe']
  })
  if (status !== 0) console.error(`${stdout ?? ''}${stderr ?? ''}`.trimEnd().split('\n').slice(-15).join('\n'))
  return status === 0
}

/** Installs Google's newest client where it is not; says whether it is there. It declares a newer Node than it needs. */
const hasNewestClient = () => {
  const inFolder = (/** @type {string} */ path) => join(NEWEST_CLIENT, path)
  const { dependencies } = JSON.parse(readFileSync(inFolder('package.json'), 'utf8'))
  return Object.entries(dependencies).every(([name, version]) => {
    const installed = inFolder(`node_modules/${name}/package.json`)
    if (existsSync(installed) && JSON.parse(readFileSync(installed, 'utf8')).version === version) return true
    return run('npm', 'ci', '--no-engine-strict', '--no-audit', '--no-fund', '--prefix', NEWEST_CLIENT)
  })
}

/** The words that put a command into root's hands: none for root, `sudo -n` where it asks for no password, else null. */
const asRoot = () => {
  if (process.getuid?.() === 0) return []
  return inPath('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : null
}

/** @param {string[]} packages */
const install = (packages) => {
  const root = asRoot()
  if (inPath('apt-get') && root) {
    run(...root, 'apt-get', 'update', '-qq')
    for (const name of packages) run(...root, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', name)
    // Ubuntu has Chromium only as a snap; Playwright's own download serves there.
    if (packages.includes('chromium') && !findChromium())
      run(process.execPath, PLAYWRIGHT_CLI, 'install', '--with-deps', 'chromium')
  } else if (process.platform === 'darwin' && inPath('brew') && packages.includes('redis-server')) {
    run('brew', 'install', 'redis')
  }
}

const PYTHON_BY_PIP = 'pip3 install google-auth google-auth-oauthlib requests'

const advice = () => {
  if (process.platform === 'darwin')
    return `brew install redis && npx playwright-core install chromium && ${PYTHON_BY_PIP}`
  if (inPath('apt-get')) {
    const packages = PROGRAMS.flatMap(({ packages }) => packages).join(' ')
    return `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages}`
  }
  if (inPath('dnf')) return 'sudo dnf install -y redis chromium python3-google-auth python3-google-auth-oauthlib'
  if (inPath('apk')) return `apk add redis chromium python3 py3-pip && ${PYTHON_BY_PIP}`
  if (inPath('pacman')) return `sudo pacman -S redis chromium python-pip && ${PYTHON_BY_PIP}`
  return `install Redis 7 or newer and Chromium from your package manager, and ${PYTHON_BY_PIP}`
}

/**
 * The environment variables that name the programs, or null when something is missing and can't be installed.
 * @param {boolean} withNginx Whether to see to nginx too; it may stay missing.
 * @returns {Record<string, string> | null}
 */
export const prepareTests = (withNginx) => {
  if (!hasNewestClient()) {
    console.error(`The tests need Google's newest client. Install it with: npm ci --prefix ${NEWEST_CLIENT}`)
    return null
  }
  const missing = PROGRAMS.filter(({ find }) => !find()).flatMap(({ packages }) => packages)
  if (missing.length > 0) {
    console.log(`The tests need ${missing.join(' and ')}; installing.`)
    install(missing)
  }
  if (withNginx && !NGINX.find()) install(NGINX.packages)
  const nginx = NGINX.find()
  const found = PROGRAMS.map(({ variable, find, packages }) => ({ variable, path: find(), packages }))
  const lacking = found.filter(({ path }) => !path)
  if (lacking.length === 0)
    return Object.fromEntries([
      ...found.map(({ variable, path }) => [variable, path ?? '']),
      ...(nginx ? [[NGINX.variable, nginx]] : [])
    ])
  console.error(
    `The tests need ${lacking.flatMap(({ packages }) => packages).join(' and ')}, ` +
      `in PATH or named by ${lacking.map(({ variable }) => variable).join(' and ')}. Here that is:\n\n` +
      `  ${advice()}\n`
  )
  return null
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = prepareTests(true)
  if (found)
    console.log(
      Object.entries(found)
        .map(([name, path]) => `${name}=${path}`)
        .join('\n')
    )
  else process.exitCode = 1
}
