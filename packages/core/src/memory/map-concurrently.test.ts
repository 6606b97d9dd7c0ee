import { describe, expect, it } from 'vitest'
import { mapConcurrently } from './map-concurrently.ts'

describe('mapConcurrently', () => {
  it('gives results in the order of the items and never runs more than the limit', async () => {
    let running = 0
    let highest = 0
    const results = await mapConcurrently([3, 1, 2, 0], { concurrency: 2 }, async (turns) => {
      highest = Math.max(highest, ++running)
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      running--
      return turns * 10
    })
    expect(results).toEqual([30, 10, 20, 0])
    expect(highest).toBe(2)
  })

  it('rejects with the first failure, after the other tasks have heard of it and ended', async () => {
    const failure = new Error('first')
    let ended = false
    const run = mapConcurrently(['fails', 'waits', 'never'], { concurrency: 2 }, async (item, { signal }) => {
      if (item === 'fails') throw failure
      if (item === 'never') throw new Error('was started')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      ended = true
    })
    await expect(run).rejects.toBe(failure)
    expect(ended).toBe(true)
  })

  it('rejects with the reason of the signal', async () => {
    const reason = new Error('stop')
    await expect(
      mapConcurrently([1], { concurrency: 1, signal: AbortSignal.abort(reason) }, async () => 1),
    ).rejects.toBe(reason)
  })
})
