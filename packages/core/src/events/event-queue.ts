import type { DroppedEvents, TypedEvent } from './event-stream.ts'

/** The events that one reader has not read yet, at most `maxLength` of them. */
export class EventQueue<Event extends TypedEvent> {
  readonly #maxLength: number
  readonly #events: Event[] = []
  readonly #readers: ((result: IteratorResult<Event | DroppedEvents>) => void)[] = []
  #droppedCount = 0
  #ended = false

  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  push(event: Event): void {
    const reader = this.#readers.shift()
    if (reader !== undefined) reader({ done: false, value: event })
    else this.#enqueue(event)
  }

  #enqueue(event: Event): void {
    this.#removeStaleProgress(event)
    if (this.#events.length >= this.#maxLength) {
      this.#events.shift()
      this.#droppedCount++
    }
    this.#events.push(event)
  }

  next(): Promise<IteratorResult<Event | DroppedEvents>> {
    const value = this.#takeDropped() ?? this.#events.shift()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => this.#readers.push(resolve))
  }

  end(): void {
    this.#ended = true
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined })
  }

  #removeStaleProgress({ type }: Event): void {
    if (type !== 'progress') return
    const stale = this.#events.findIndex((queued) => queued.type === 'progress')
    if (stale >= 0) this.#events.splice(stale, 1)
  }

  #takeDropped(): DroppedEvents | undefined {
    if (this.#droppedCount === 0) return undefined
    const count = this.#droppedCount
    this.#droppedCount = 0
    return { type: 'events-dropped', count }
  }
}
