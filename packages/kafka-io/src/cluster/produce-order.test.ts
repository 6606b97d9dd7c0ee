import { describe, expect, it } from 'vitest'
import { ProduceOrder, type ProduceTurn } from './produce-order.ts'

const where = { topic: 'orders', partition: 3 }

/** Whether a promise has resolved, once everything that is due has run. */
async function hasResolved(promise: Promise<void>): Promise<boolean> {
  let resolved = false
  void promise.then(() => {
    resolved = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  return resolved
}

function enter(count: number): ProduceTurn[] {
  const order = new ProduceOrder()
  return Array.from({ length: count }, () => order.enter(where))
}

describe('ProduceOrder', () => {
  it('lets a batch go when the one before it is on its way, without waiting for its answer', async () => {
    const [first, second] = enter(2)
    expect(await hasResolved(first?.mayBeSent ?? never())).toBe(true)
    expect(await hasResolved(second?.mayBeSent ?? never())).toBe(false)
    first?.sent()
    expect(await hasResolved(second?.mayBeSent ?? never())).toBe(true)
    expect(second?.isHeldUp).toBe(false)
  })

  it('holds all batches up behind one that is sent again, until it is done', async () => {
    const [first, second, third] = enter(3)
    first?.sent()
    second?.sent()
    first?.slow()
    expect([second?.isHeldUp, third?.isHeldUp]).toEqual([true, true])
    second?.done()
    expect(await hasResolved(third?.isFirst ?? never())).toBe(false)
    first?.done()
    expect(await hasResolved(third?.isFirst ?? never())).toBe(true)
    expect(third?.isHeldUp).toBe(false)
  })

  it('goes on after a batch that was given up before it was sent', async () => {
    const [first, second] = enter(2)
    first?.done()
    expect(await hasResolved(second?.mayBeSent ?? never())).toBe(true)
    expect(await hasResolved(second?.isFirst ?? never())).toBe(true)
  })

  it('does not hold up other partitions', async () => {
    const order = new ProduceOrder()
    order.enter(where).slow()
    const other = order.enter({ topic: 'orders', partition: 4 })
    expect([other.isHeldUp, other.hasPredecessor]).toEqual([false, false])
    expect(await hasResolved(other.isFirst)).toBe(true)
  })

  it('forgets batches that are done', async () => {
    const order = new ProduceOrder()
    const first = order.enter(where)
    first.done()
    await hasResolved(first.isFirst)
    expect(order.enter(where).hasPredecessor).toBe(false)
  })
})

function never(): Promise<void> {
  return new Promise(() => {})
}
