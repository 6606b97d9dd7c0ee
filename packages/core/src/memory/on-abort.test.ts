import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { untilAborted } from '../storage/blob-body.ts'
import { ByteBudget } from './byte-budget.ts'
import { onAbort } from './on-abort.ts'

const listeners = ({ signal }: AbortController): number => getEventListeners(signal, 'abort').length

describe('onAbort', () => {
  it('holds one listener for all that wait for a signal, and none when nobody waits', () => {
    const aborter = new AbortController()
    const withdrawals = Array.from({ length: 1_000 }, () => onAbort(aborter.signal, () => undefined))
    expect(listeners(aborter)).toBe(1)
    for (const withdraw of withdrawals) withdraw()
    expect(listeners(aborter)).toBe(0)
    onAbort(aborter.signal, () => undefined)
    expect(listeners(aborter)).toBe(1)
  })

  it('calls everybody once, but those who took it back', () => {
    const aborter = new AbortController()
    const called: string[] = []
    const callback = (): void => void called.push('twice')
    onAbort(aborter.signal, callback)
    onAbort(aborter.signal, callback)
    const withdraw = onAbort(aborter.signal, () => called.push('never'))
    withdraw()
    aborter.abort()
    aborter.abort()
    expect(called).toEqual(['twice', 'twice'])
  })

  it('calls everybody though one of them throws, whose error is an uncaught one as from any listener', async () => {
    const aborter = new AbortController()
    const called: string[] = []
    const uncaught: unknown[] = []
    const nextTick = vi.spyOn(process, 'nextTick').mockImplementation((task) => {
      try {
        task()
      } catch (error) {
        uncaught.push(error)
      }
    })
    onAbort(aborter.signal, () => {
      throw new Error('broken')
    })
    onAbort(aborter.signal, () => called.push('other'))
    aborter.abort()
    nextTick.mockRestore()
    expect(called).toEqual(['other'])
    expect(uncaught).toEqual([new Error('broken')])
  })

  it('hears signals that are no AbortSignal of this realm, as those of jsdom', () => {
    const { signal } = new AbortController()
    Object.setPrototypeOf(signal, EventTarget.prototype)
    let calls = 0
    onAbort(signal, () => {
      calls += 1
    })
    signal.dispatchEvent(new Event('abort'))
    expect(calls).toBe(1)
  })

  it('calls at once where the signal is aborted already', () => {
    let calls = 0
    onAbort(AbortSignal.abort(), () => {
      calls += 1
    })()
    expect(calls).toBe(1)
  })
})

describe('a signal that many share', () => {
  it('is left without listeners by those who waited for it, however their waiting ended', async () => {
    const aborter = new AbortController()
    const { signal } = aborter
    const budget = new ByteBudget(1)
    const held = await budget.acquire(1)
    const waits = Array.from({ length: 500 }, (_, index) => [
      untilAborted(index % 2 === 0 ? Promise.resolve() : Promise.reject(new Error('failed')), signal),
      budget.acquire(1, { signal }).then((reservation) => reservation.release()),
    ])
    expect(listeners(aborter)).toBe(1)
    held.release()
    await Promise.allSettled(waits.flat())
    expect(listeners(aborter)).toBe(0)
  })

  it('ends all of their waiting with its reason', async () => {
    const aborter = new AbortController()
    const waits = Array.from({ length: 20 }, () => untilAborted(new Promise(() => undefined), aborter.signal))
    aborter.abort('enough')
    expect(await Promise.allSettled(waits)).toEqual(waits.map(() => ({ status: 'rejected', reason: 'enough' })))
  })
})
