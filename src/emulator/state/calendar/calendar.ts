import { apiRefusal } from '../../http/api-refusal.js'
import { type CalendarEvent, checkDraft, type EventDraft } from './event.js'
import { newId } from '../secrets.js'

/** The primary calendar of one user. Tests can read and fill it. What the API refuses is refused here too. */
export class Calendar {
  readonly #now: () => number
  readonly #events = new Map<string, CalendarEvent>()
  readonly #deleted = new Set<string>()
  #changes = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** The events, the oldest first. */
  get events(): CalendarEvent[] {
    return structuredClone([...this.#events.values()])
  }

  /**
   * The event; throws Google's 404 when there is none.
   * @param id The event's id.
   */
  get(id: string): CalendarEvent {
    const event = this.#events.get(id)
    if (!event) throw apiRefusal(404, 'notFound', 'Not Found')
    return event
  }

  /**
   * Adds an event and returns it as it is stored.
   * @param draft The event; it needs start and end.
   */
  insert(draft: EventDraft): CalendarEvent {
    const checked = checkDraft(draft)
    const id = checked.id ?? newId()
    if (this.#events.has(id) || this.#deleted.has(id)) {
      throw apiRefusal(409, 'duplicate', 'The requested identifier already exists.')
    }
    const created = new Date(this.#now()).toISOString()
    return this.#keep({
      kind: 'calendar#event',
      status: 'confirmed',
      htmlLink: `https://www.google.com/calendar/event?eid=${id}`,
      iCalUID: `${id}@google.com`,
      eventType: 'default',
      reminders: { useDefault: true },
      ...checked,
      id,
      created,
      updated: created,
      etag: '',
      sequence: 0
    })
  }

  /**
   * Replaces the event by `draft`, or merges them with `merge`. An `etag` must be that of the event.
   * @param id The event's id.
   * @param draft The event as it shall be.
   * @param options How it is changed.
   * @param options.merge Whether fields that `draft` leaves out stay.
   * @param options.etag The etag that the event must have.
   */
  change(
    id: string,
    draft: EventDraft,
    { merge = false, etag }: { merge?: boolean; etag?: string | undefined } = {}
  ): CalendarEvent {
    const old = this.get(id)
    if (etag !== undefined && etag !== old.etag) throw apiRefusal(412, 'conditionNotMet', 'Precondition Failed')
    const { kind, htmlLink, created, sequence, iCalUID, eventType, reminders } = old
    const kept = { kind, id, htmlLink, created, iCalUID, etag: '' }
    const checked = checkDraft(
      merge ? { ...old, ...draft, id } : { status: 'confirmed', eventType, reminders, ...draft, id }
    )
    return this.#keep({
      status: old.status,
      ...checked,
      ...kept,
      updated: new Date(this.#now()).toISOString(),
      sequence: sequence + 1
    })
  }

  /**
   * Deletes the event. Throws Google's 410 for one that was deleted before.
   * @param id The event's id.
   */
  delete(id: string): void {
    if (this.#deleted.has(id)) throw apiRefusal(410, 'deleted', 'Resource has been deleted')
    this.get(id)
    this.#events.delete(id)
    this.#deleted.add(id)
  }

  /** Deletes all events, as if there had been none. */
  clear(): void {
    this.#events.clear()
    this.#deleted.clear()
  }

  #keep(event: CalendarEvent): CalendarEvent {
    this.#changes += 1
    const kept = { ...structuredClone(event), etag: `"${this.#now()}${this.#changes}"` }
    this.#events.set(event.id, kept)
    return kept
  }
}
