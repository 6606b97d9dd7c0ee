import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteBudget, type ByteReservation } from './byte-budget.ts'

describe('ByteBudget', () => {
  it('grants at once while there is room, and records the highest use', async () => {
    const budget = new ByteBudget(10)
    const first = await budget.acquire(6)
    const second = await budget.acquire(4)
    first.release()
    second.release()
    expect([budget.usedBytes, budget.highestBytes]).toEqual([0, 10])
  })

  it('grants in the order of asking, so that small requests cannot starve a large one', async () => {
    const budget = new ByteBudget(10)
    const held = await budget.acquire(5)
    const order: string[] = []
    const large = budget.acquire(8).then(() => order.push('large'))
    const small = budget.acquire(1).then(() => order.push('small'))
    await Promise.resolve()
    expect(order).toEqual([])
    expect(budget.tryAcquire(1)).toBeUndefined()
    held.release()
    await Promise.all([large, small])
    expect(order).toEqual(['large', 'small'])
  })

  it('grants a request that is larger than the budget, alone', async () => {
    const budget = new ByteBudget(10)
    const small = await budget.acquire(1)
    const huge = budget.acquire(100)
    expect(await Promise.race([huge, 'waits'])).toBe('waits')
    small.release()
    const granted = await huge
    expect(budget.tryAcquire(1)).toBeUndefined()
    granted.release()
    expect(budget.usedBytes).toBe(0)
  })

  it('gives bytes back once, whatever the number of releases, and in part by shrinking', async () => {
    const budget = new ByteBudget(10)
    const reservation = await budget.acquire(10)
    reservation.shrink(3)
    reservation.shrink(7)
    expect([reservation.bytes, budget.usedBytes]).toEqual([3, 3])
    reservation.release()
    reservation.release()
    expect(budget.usedBytes).toBe(0)
  })

  it('rejects with the reason of the signal, and lets those behind go on', async () => {
    const budget = new ByteBudget(10)
    await budget.acquire(5)
    const controller = new AbortController()
    const large = budget.acquire(9, { signal: controller.signal })
    const small = budget.acquire(2)
    const reason = new Error('stop')
    controller.abort(reason)
    await expect(large).rejects.toBe(reason)
    expect((await small).bytes).toBe(2)
    await expect(budget.acquire(1, { signal: controller.signal })).rejects.toBe(reason)
    expect(budget.usedBytes).toBe(7)
  })

  it('never holds more than its limit, except for one request that is larger by itself', async () => {
    const task = fc.record({ bytes: fc.integer({ min: 1, max: 14 }), turns: fc.integer({ min: 0, max: 4 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(task, { maxLength: 30 }), async (tasks) => {
        const budget = new ByteBudget(10)
        const held = new Set<ByteReservation>()
        await Promise.all(
          tasks.map(async ({ bytes, turns }) => {
            const reservation = await budget.acquire(bytes)
            held.add(reservation)
            const total = [...held].reduce((sum, each) => sum + each.bytes, 0)
            expect(total <= 10 || held.size === 1).toBe(true)
            for (let turn = 0; turn < turns; turn++) await Promise.resolve()
            held.delete(reservation)
            reservation.release()
          }),
        )
        expect(budget.usedBytes).toBe(0)
      }),
    )
  })
})
