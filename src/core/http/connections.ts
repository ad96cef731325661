/**
 * Connections to send requests over: an `Agent`, `Pool`, `ProxyAgent` or `MockAgent` of any version of undici, or those of
 * Node's own `fetch`. Only `dispatch` is called, so that undici need not be imported: that would set the global dispatcher,
 * and Node's `fetch` would use another version of undici from then on.
 */
export interface Connections {
  /**
   * Sends one request, as undici's dispatchers do.
   * @param options The request.
   * @param handler Told of the answer.
   */
  dispatch(options: object, handler: object): boolean
}

/** Where Node's own `fetch` keeps its connections. The undici of Node 26, version 8, keeps them elsewhere than older ones. */
const DISPATCHER = Symbol.for(`undici.globalDispatcher.${Number.parseInt(process.versions.undici ?? '') >= 8 ? 2 : 1}`)

/**
 * The connections that the global `fetch` uses: Node's own, or those that the app has set by `setGlobalDispatcher`. `null`
 * where the app has put another function instead of `fetch`, to mock, record or trace requests: then that must send them.
 */
export function connectionsOfFetch(): Connections | null {
  return connectionsOf(fetch)
}

/** The connections that `fetch` uses, if it is Node's own; `null` for any other function. */
export function connectionsOf(fetch: unknown): Connections | null {
  if (!isNodesFetch(fetch)) return null
  const held = globalThis as { [DISPATCHER]?: Connections }
  // There are none before the first use of `fetch`, or of `Headers`, which loads Node's undici as well.
  return held[DISPATCHER] ?? (typeof Headers === 'function' ? held[DISPATCHER] : undefined) ?? null
}

let known: unknown

/** The source of Node's `fetch` names its module. Any other function is not Node's. */
function isNodesFetch(fetch: unknown): boolean {
  if (fetch === known) return true
  if (!Function.prototype.toString.call(fetch).includes('internal/deps/undici')) return false
  known = fetch
  return true
}
