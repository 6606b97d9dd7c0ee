import type { ArchiveWriter } from '../archive/archive-writer.ts'
import { keysSeenBy } from '../archive/delete-dropped.ts'
import { listPins, type Pin } from '../archive/pins.ts'
import type { BlobCallOptions } from '../storage/blob-store.ts'
import type { CleanupPlanFacts, LeftObject, StandingPin } from './cleanup-plan.ts'
import type { CleanupSettings } from './cleanup-settings.ts'
import type { Survey } from './survey-archive.ts'

export interface PlanningContext extends BlobCallOptions {
  readonly settings: CleanupSettings
  readonly archive: Pick<ArchiveWriter, 'state'>
  /** The moment from which ages are counted. */
  readonly nowMs: number
}

/** Decides what of a survey is to go. */
export async function planCleanup(survey: Survey, context: PlanningContext): Promise<CleanupPlanFacts> {
  const { settings, archive, nowMs, signal } = context
  const { storage: store, backupId, olderThanMs } = settings
  const pins = await listPins(store, backupId, { signal })
  const isDropped = survey.objects.some(({ reason }) => reason === 'dropped')
  const pinned = isDropped ? await keysSeenBy(pins, { store, backupId, signal }) : new Set<string>()
  const isYoung = (touchedAtMs: number): boolean => nowMs - touchedAtMs < olderThanMs
  const spare = (object: LeftObject) => sparedReason(object, { isYoung, pinned })
  return {
    backupId,
    commit: archive.state.head,
    objects: survey.objects.filter((object) => spare(object) === undefined),
    uploads: survey.uploads.filter(({ startedAtMs }) => !isYoung(startedAtMs)),
    showsUploads: store.unfinishedUploads !== undefined,
    sparedObjects: survey.objects.flatMap((object) => {
      const spared = spare(object)
      return spared === undefined ? [] : [{ ...object, spared }]
    }),
    sparedUploads: survey.uploads.filter(({ startedAtMs }) => isYoung(startedAtMs)),
    foreignKeys: survey.foreignKeys,
    pins: standingPins(pins, nowMs),
  }
}

/** What was dropped needs no courtesy: whoever commits it is void already. */
function sparedReason(
  { key, reason, modifiedAtMs }: LeftObject,
  { isYoung, pinned }: { readonly isYoung: (touchedAtMs: number) => boolean; readonly pinned: ReadonlySet<string> },
): 'young' | 'pinned' | undefined {
  if (reason === 'dropped') return pinned.has(key) ? 'pinned' : undefined
  return isYoung(modifiedAtMs) ? 'young' : undefined
}

function standingPins(pins: readonly Pin[], nowMs: number): readonly StandingPin[] {
  return pins
    .map(({ id, purpose, commit, pinnedAtMs }) => {
      return { id, purpose, commit, pinnedAtMs, ageMs: Math.max(0, nowMs - Number(pinnedAtMs)) }
    })
    .sort((left, right) => right.ageMs - left.ageMs)
}
