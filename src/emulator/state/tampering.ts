type Json = Record<string, unknown>

/** Changes to what the emulator would rightly send, for tests of an app's checks. */
export interface Tampering {
  /** Changes claims and header in place, or returns others, or a whole `jwt` to send instead. */
  idToken?: (claims: Json, header: Json) => void | { claims?: Json; header?: Json; jwt?: string }
  /** Changes a successful answer of the token endpoint in place, or returns another. */
  tokenResponse?: (body: Json) => void | Json
  /** Changes the discovery document in place. */
  discovery?: (metadata: Json) => unknown
  /** Changes the parameters with which the user is sent back to the app. */
  callback?: (parameters: URLSearchParams) => void
}

/** The tamperings in force, applied in the order in which they came. */
export class Tamperings {
  readonly #active = new Set<Tampering>()

  /** Puts a tampering in force; returns what takes it back. */
  add(tampering: Tampering): () => void {
    // A copy, so that adding the same object twice takes two undos.
    const added = { ...tampering }
    this.#active.add(added)
    return () => void this.#active.delete(added)
  }

  idToken(claims: Json, header: Json): { claims: Json; header: Json; jwt?: string } {
    let made: { claims: Json; header: Json; jwt?: string } = { claims, header }
    for (const { idToken } of this.#active) made = { ...made, ...idToken?.(made.claims, made.header) }
    return made
  }

  tokenResponse(body: Json): Json {
    let made = body
    for (const { tokenResponse } of this.#active) made = tokenResponse?.(made) ?? made
    return made
  }

  discovery(metadata: Json): Json {
    for (const { discovery } of this.#active) discovery?.(metadata)
    return metadata
  }

  callback(parameters: URLSearchParams): void {
    for (const { callback } of this.#active) callback?.(parameters)
  }
}
