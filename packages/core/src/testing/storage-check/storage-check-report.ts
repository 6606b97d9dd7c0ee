import type { StoreFact } from '../../storage/store-fact.ts'

/** What a store is used for: to back up, to restore, or to clean up as well. */
export type StorageRole = 'writer' | 'reader' | 'cleaner'

/** What a promise is about. */
export type PromiseGroup = 'names' | 'writes' | 'creates' | 'reads' | 'listings' | 'deletes' | 'aborts' | 'uploads'

/** A promise of the contract, and whether the store kept it. */
export interface PromiseCheck {
  readonly name: string
  readonly group: PromiseGroup
  /** What was seen instead; `null` where it was kept. */
  readonly failure: string | null
  /** Whether the store failed in passing each time, so that nothing is known of the promise: its `failure` tells how. */
  readonly couldNotBeTried: boolean
}

/** A call that a role needs, and whether it was allowed. */
export interface RightCheck {
  readonly call: string
  /** Whether the role that is checked needs it. */
  readonly isNeeded: boolean
  readonly outcome: 'allowed' | 'forbidden' | 'failed'
  /** What the store answered; `null` where it allowed the call. */
  readonly failure: string | null
}

/** How long calls took. */
export interface OperationFigures {
  readonly operation: string
  readonly calls: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** What a check of a store found. */
export interface StorageCheckReport {
  readonly storage: string
  readonly role: StorageRole
  /** Where everything was written. */
  readonly folder: string
  /** Whether every promise was kept that was looked at, and could be, and the role has the rights that it needs. */
  readonly fit: boolean
  readonly rights: readonly RightCheck[]
  /** Empty where something that they need is not allowed; `notLookedAt` tells. */
  readonly promises: readonly PromiseCheck[]
  /** Why promises were not looked at; `null` where they all were. */
  readonly notLookedAt: string | null
  readonly operations: readonly OperationFigures[]
  /** Of one stream; `null` where it did not come to that. */
  readonly throughput: { readonly putBytesPerSecond: number; readonly getBytesPerSecond: number } | null
  /** How far the clock of the store is ahead of that of this machine, within a second or so; `null` where it was not seen. */
  readonly clockSkewMs: number | null
  /** `null` where the store tells nothing of the kind. */
  readonly facts: readonly StoreFact[] | null
  /** Keys that were written and could not be removed. */
  readonly leftKeys: readonly string[]
}
