type Json = Record<string, unknown>

/** Changes to what the emulator sends, for tests of the checks of an app. */
export interface Tampering {
  /**
   * Changes claims and header in place, or returns other ones, or a whole `jwt` to send instead.
   * @param claims The claims of the ID token.
   * @param header Its header.
   */
  idToken?: (
    claims: Json,
    header: Json
  ) => void | {
    /** Other claims. */
    claims?: Json
    /** Another header. */
    header?: Json
    /** A whole token instead of the signed one. */
    jwt?: string
  }
  /**
   * Changes a successful answer of the token endpoint in place, or returns another one.
   * @param body The answer.
   */
  tokenResponse?: (body: Json) => void | Json
  /**
   * Changes the discovery document in place.
   * @param metadata The document.
   */
  discovery?: (metadata: Json) => unknown
  /**
   * Changes the parameters of the return to the app.
   * @param parameters The parameters.
   */
  callback?: (parameters: URLSearchParams) => void
}

/** The active tamperings, applied in the order in which they were added. */
export class Tamperings {
  readonly #active = new Set<Tampering>()

  /** Adds a tampering, and returns a function that removes it. */
  add(tampering: Tampering): () => void {
    // A copy, so that an object that was added twice must be removed twice.
    const added = { ...tampering }
    this.#active.add(added)
    return () => void this.#active.delete(added)
  }

  idToken(claims: Json, header: Json): { claims: Json; header: Json; jwt?: string } {
    let changed: { claims: Json; header: Json; jwt?: string } = { claims, header }
    for (const { idToken } of this.#active) changed = { ...changed, ...idToken?.(changed.claims, changed.header) }
    return changed
  }

  tokenResponse(body: Json): Json {
    let changed = body
    for (const { tokenResponse } of this.#active) changed = tokenResponse?.(changed) ?? changed
    return changed
  }

  discovery(metadata: Json): Json {
    for (const { discovery } of this.#active) discovery?.(metadata)
    return metadata
  }

  callback(parameters: URLSearchParams): void {
    for (const { callback } of this.#active) callback?.(parameters)
  }
}
