/**
 * What requests are sent over: undici's `Agent`, `Pool`, `ProxyAgent` or `MockAgent`, of any version, or those of Node's
 * own `fetch`. Only their method `dispatch` is used, so that undici itself is never imported: it sets globals when it is.
 */
export interface Connections {
  dispatch(options: object, handler: object): boolean
}

/** Where Node's own `fetch` keeps its connections. undici 8, which is in Node 26, has a place of its own. */
const DISPATCHER = Symbol.for(`undici.globalDispatcher.${Number.parseInt(process.versions.undici ?? '') >= 8 ? 2 : 1}`)

/**
 * The connections that the global `fetch` uses: Node's own, or those of the app's `setGlobalDispatcher`. `null` where
 * `fetch` has to be asked instead, because another function has taken its place, to mock, record or trace requests.
 */
export function connectionsOfFetch(): Connections | null {
  if (!isNodesFetch()) return null
  const held = globalThis as { [DISPATCHER]?: Connections }
  // Before the first request there are none. The first use of `Headers` loads Node's undici, which sets them.
  return held[DISPATCHER] ?? (typeof Headers === 'function' ? held[DISPATCHER] : undefined) ?? null
}

let known: typeof fetch | undefined

/** Node's `fetch` names its module in its source. A function that does not is not taken for Node's. */
function isNodesFetch(): boolean {
  known ??= Function.prototype.toString.call(fetch).includes('internal/deps/undici') ? fetch : undefined
  return fetch === known
}
