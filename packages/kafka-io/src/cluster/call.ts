import type { RetryBudget } from './retry-policy.ts'

/** What belongs to one call of the port, from its start to its end. */
export interface Call {
  readonly signal: AbortSignal | undefined
  readonly budget: RetryBudget
}
