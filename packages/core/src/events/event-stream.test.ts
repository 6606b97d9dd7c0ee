import { describe, expect, it } from 'vitest'
import { EventStream } from './event-stream.ts'

type Event = { readonly type: 'progress' | 'step'; readonly number: number }

const step = (number: number): Event => ({ type: 'step', number })
const progress = (number: number): Event => ({ type: 'progress', number })

async function readAll<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('EventStream', () => {
  it('gives the callback every event in order, and survives what it throws', () => {
    const seen: Event[] = []
    const errors: unknown[] = []
    const failure = new Error('listener')
    const stream = new EventStream<Event>({
      onEvent: (event) => {
        seen.push(event)
        if (event.number === 1) throw failure
      },
      onListenerError: (error) => errors.push(error),
    })
    for (const event of [step(1), progress(2), progress(3)]) stream.emit(event)
    expect(seen).toEqual([step(1), progress(2), progress(3)])
    expect(errors).toEqual([failure])
  })

  it('wakes a waiting reader, and ends readers after what is queued', async () => {
    const stream = new EventStream<Event>()
    const first = readAll(stream)
    stream.emit(step(1))
    await Promise.resolve()
    stream.emit(step(2))
    stream.end()
    stream.emit(step(3))
    expect(await first).toEqual([step(1), step(2)])
    expect(await readAll(stream)).toEqual([])
  })

  it('keeps only the newest progress for a slow reader', async () => {
    const stream = new EventStream<Event>({ maxQueuedEvents: 10 })
    const iterator = stream[Symbol.asyncIterator]()
    for (let number = 0; number < 1000; number++) stream.emit(progress(number))
    stream.emit(step(1))
    stream.end()
    expect(await readAll({ [Symbol.asyncIterator]: () => iterator })).toEqual([progress(999), step(1)])
  })

  it('is bounded for a reader that never reads, loses the oldest events, and says how many', async () => {
    const stream = new EventStream<Event>({ maxQueuedEvents: 3 })
    const iterator = stream[Symbol.asyncIterator]()
    for (let number = 0; number < 10; number++) stream.emit(step(number))
    stream.end()
    const read = await readAll({ [Symbol.asyncIterator]: () => iterator })
    expect(read).toEqual([{ type: 'events-dropped', count: 7 }, step(7), step(8), step(9)])
  })

  it('forgets a reader that leaves', async () => {
    const stream = new EventStream<Event>()
    const iterator = stream[Symbol.asyncIterator]()
    stream.emit(step(1))
    await iterator.return?.()
    stream.emit(step(2))
    expect(await readAll({ [Symbol.asyncIterator]: () => iterator })).toEqual([step(1)])
  })
})
