/**
 * Imports a module, uses it, and prints what has changed in the process: as JSON, one list for the import and one for the use.
 * Plain JavaScript without a loader, because a loader of TypeScript changes the process itself.
 *
 * Arguments: the URL of the module; to use a FileStorage, the path of its file.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const MODULES = 'assert async_hooks buffer child_process cluster console constants crypto diagnostics_channel dns'
  .concat(' domain events fs fs/promises http http2 https module net os path perf_hooks process querystring readline')
  .concat(' stream stream/promises string_decoder timers timers/promises tls tty url util v8 vm worker_threads zlib')
  .split(' ')

/** @param {object} start @param {string} name @returns {[string, object][]} */
const chain = (start, name) => {
  const links = []
  for (let object = start, path = name; object !== null; object = Object.getPrototypeOf(object), path += '.__proto__')
    links.push(/** @type {[string, object]} */ ([path, object]))
  return links
}

/** The objects whose properties are compared, by name: those that the process, its modules and the language share. */
const watched = new Map([...chain(globalThis, 'globalThis'), ...chain(process, 'process')])
for (const name of MODULES) watched.set(name, require(`node:${name}`))
for (const [path, object] of [...watched]) {
  for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (typeof value !== 'function') continue
    watched.set(`${path}.${key}`, value)
    if (typeof value.prototype === 'object' && value.prototype !== null)
      watched.set(`${path}.${key}.prototype`, value.prototype)
  }
}

const snapshot = () => ({
  properties: new Map(
    [...watched].flatMap(([path, object]) =>
      Reflect.ownKeys(object).map((key) => [
        `${path}.${String(key)}`,
        /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(object, key))
      ])
    )
  ),
  listeners: new Map(process.eventNames().map((event) => [String(event), process.rawListeners(event)])),
  environment: JSON.stringify([process.env, process.cwd(), process.title, process.exitCode])
})

/**
 * @param {PropertyDescriptor | undefined} before
 * @param {PropertyDescriptor | undefined} after
 */
const isSame = (before, after) => {
  if (before === undefined || after === undefined) return before === after
  // Node loads some globals on their first read, and then replaces the getter by the value.
  if (before.get && !after.get) return Object.is(before.get.call(globalThis), after.value)
  return ['value', 'get', 'set', 'enumerable', 'configurable'].every((field) => Object.is(before[field], after[field]))
}

const changes = (before, after) => [
  ...[...new Set([...before.properties.keys(), ...after.properties.keys()])].filter(
    (path) => !isSame(before.properties.get(path), after.properties.get(path))
  ),
  ...[...new Set([...before.listeners.keys(), ...after.listeners.keys()])]
    .filter((event) => {
      const [old = [], now = []] = [before.listeners.get(event), after.listeners.get(event)]
      return old.length !== now.length || old.some((listener, index) => listener !== now[index])
    })
    .map((event) => `listeners of process for ${event}`),
  ...(before.environment === after.environment ? [] : ['environment'])
]

const [url = '', path] = process.argv.slice(2)
const before = snapshot()
const module = await import(url)
const imported = snapshot()
if (path !== undefined) {
  const { FileStorage, Token } = module
  const storage = new FileStorage(path)
  await storage.put(Token.from({ accessToken: 'a', scopes: [] }))
  await storage.update((current) => current.with({ accessToken: 'b' }))
  await Promise.all([storage.update(() => null), storage.put(Token.from({ accessToken: 'c', scopes: [] }))])
  await storage.get()
  await storage.delete()
}
const used = snapshot()
console.log(JSON.stringify({ imported: changes(before, imported), used: changes(imported, used) }))
