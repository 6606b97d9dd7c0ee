import type { CommitReference } from '../archive/commit.ts'
import { jsonValue } from '../json/json-value.ts'
import type { UnfinishedUpload } from '../storage/unfinished-uploads.ts'

/**
 * Why an object is no part of the archive: no commit ever named it (`unnamed`), because its writer died, or has yet to
 * commit it; or a commit has dropped it (`dropped`), and whoever dropped it died before it was deleted.
 */
export type LeftReason = 'unnamed' | 'dropped'

/** An object of sections that is no part of its archive. */
export interface LeftObject {
  readonly key: string
  readonly bytes: number
  readonly modifiedAtMs: number
  readonly reason: LeftReason
}

/** Why something stays for now: it is younger than was asked for, or a pinned commit still sees it. */
export type SparedReason = 'young' | 'pinned'

/** A pin that stands, with how long it has stood. */
export interface StandingPin {
  readonly id: string
  /** Who pinned it, for people: `restore 7f3a…`. */
  readonly purpose: string
  readonly commit: CommitReference
  /** By the clock of the reader that pinned it. */
  readonly pinnedAtMs: bigint
  readonly ageMs: number
}

/** What a cleanup of an archive would delete, and what it would leave. */
export interface CleanupPlanFacts {
  readonly backupId: string
  /** The newest commit at which this holds; `null` for an archive without commits. */
  readonly commit: CommitReference | null
  readonly objects: readonly LeftObject[]
  readonly uploads: readonly UnfinishedUpload[]
  /** Whether the store shows unfinished uploads at all. */
  readonly showsUploads: boolean
  readonly sparedObjects: readonly (LeftObject & { readonly spared: SparedReason })[]
  readonly sparedUploads: readonly UnfinishedUpload[]
  /** Objects among those of the archive whose names no writer of archives draws; they are never touched. */
  readonly foreignKeys: readonly string[]
  /** Oldest first. While one stands, nothing is deleted that its commit sees; a person removes those of readers that died. */
  readonly pins: readonly StandingPin[]
}

/** A plan; nothing was written to make it. Ages are counted from the clock of this machine. */
export interface CleanupPlan extends CleanupPlanFacts {
  /** With times as decimal text, since JSON has no bigint. */
  toJSON(): object
}

export function cleanupPlan(facts: CleanupPlanFacts): CleanupPlan {
  return { ...facts, toJSON: () => jsonValue(facts) }
}
