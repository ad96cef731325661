/** A stream of security events. A project has one. */
export interface EventStream {
  /** Where events are posted to. */
  url: string
  /** The URIs of the events that are sent. */
  eventsRequested: readonly string[]
  /** A disabled stream sends nothing, and keeps nothing for later. */
  status: 'enabled' | 'disabled'
}

/** The streams of security events, by project. */
export class Streams {
  readonly #byProject = new Map<string, EventStream>()

  /** The stream of a project; null when none is registered. */
  of(project: string): EventStream | null {
    return this.#byProject.get(project) ?? null
  }

  /** Registers a stream, or changes the one that is there. */
  update(project: string, change: Pick<EventStream, 'url' | 'eventsRequested'>): void {
    this.#byProject.set(project, { status: 'enabled', ...this.#byProject.get(project), ...change })
  }
}
