import type { Throttled } from '../protocol/request-codec.ts'

/** What a broker says of one topic of a request that changes topics. */
export interface TopicOutcome {
  readonly topic: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

export interface TopicOutcomes extends Throttled {
  readonly topics: readonly TopicOutcome[]
}
