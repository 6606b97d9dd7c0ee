import { EventQueue } from './event-queue.ts'

const MAX_QUEUED_EVENTS = 1024

/** What an {@link EventStream} needs to know of an event. */
export interface TypedEvent {
  readonly type: string
}

/** Events for one reader of a `for await`: the ones since it asked for its iterator. */
export interface EventStreamOptions<Event extends TypedEvent> {
  readonly onEvent?: ((event: Event) => void) | undefined
  /** Is told what `onEvent` threw; an observer cannot break a run. */
  readonly onListenerError?: ((error: unknown) => void) | undefined
  readonly maxQueuedEvents?: number | undefined
}

/** How many events a slow reader missed. */
export interface DroppedEvents {
  readonly type: 'events-dropped'
  readonly count: number
}

/**
 * Hands the events of a run to one callback and to any number of `for await` readers.
 *
 * `emit` never waits. Each reader has a queue of bounded length in which a new `progress` replaces the one before it;
 * a reader that falls behind further loses its oldest events and is told how many with `events-dropped`.
 */
export class EventStream<Event extends TypedEvent> implements AsyncIterable<Event | DroppedEvents> {
  readonly #options: EventStreamOptions<Event>
  readonly #queues = new Set<EventQueue<Event>>()
  #ended = false

  constructor(options: EventStreamOptions<Event> = {}) {
    this.#options = options
  }

  emit(event: Event): void {
    if (this.#ended) return
    this.#callListener(event)
    for (const queue of this.#queues) queue.push(event)
  }

  /** Ends all readers once they have read what is queued; later events go nowhere. */
  end(): void {
    this.#ended = true
    for (const queue of this.#queues) queue.end()
    this.#queues.clear()
  }

  [Symbol.asyncIterator](): AsyncIterator<Event | DroppedEvents> {
    const queue = new EventQueue<Event>(this.#options.maxQueuedEvents ?? MAX_QUEUED_EVENTS)
    if (this.#ended) queue.end()
    else this.#queues.add(queue)
    return {
      next: () => queue.next(),
      return: async () => {
        this.#queues.delete(queue)
        queue.end()
        return { done: true, value: undefined }
      },
    }
  }

  #callListener(event: Event): void {
    try {
      this.#options.onEvent?.(event)
    } catch (error) {
      this.#options.onListenerError?.(error)
    }
  }
}
