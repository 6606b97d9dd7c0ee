import { describe, expect, it } from 'vitest'
import { RetryBudget, retryPolicy } from './retry-policy.ts'

describe('RetryBudget', () => {
  it('ends after the attempts that were allowed', async () => {
    const budget = new RetryBudget(retryPolicy({ retries: 2, initialRetryTime: 1 }), undefined)
    expect([await budget.wait(), await budget.wait(), await budget.wait()]).toEqual([true, true, false])
  })

  it('does not begin a wait that would outlast it', async () => {
    const budget = new RetryBudget(
      { ...retryPolicy({ initialRetryTime: 1_000_000, maxRetryTime: 1_000_000 }) },
      undefined,
    )
    expect(await budget.wait()).toBe(false)
    expect(await new RetryBudget(retryPolicy({ initialRetryTime: 100 }), undefined).wait(10)).toBe(false)
  })

  it('ends a wait with the reason of its signal', async () => {
    const aborter = new AbortController()
    const reason = new Error('cancelled')
    const waiting = new RetryBudget(
      retryPolicy({ initialRetryTime: 5_000, maxRetryTime: 5_000 }),
      aborter.signal,
    ).wait()
    aborter.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })
})
