import type {
  CleanupFacts,
  CleanupPlanFacts,
  KbackupError,
  LeftObject,
  StandingPin,
  UnfinishedUpload,
} from '@kbackup/core'
import { alignColumns } from './columns.ts'
import type { Report } from './data-format.ts'
import { inCommandWords } from './option-words.ts'
import { bytesText, countOf, durationText } from './quantity-text.ts'
import { isoTime } from './time-text.ts'

/** What is told of one archive: a plan, what was done, or why it could not be looked at. */
export type ArchiveCleanup =
  | { readonly plan: CleanupPlanFacts }
  | { readonly result: CleanupFacts }
  | { readonly backupId: string; readonly error: KbackupError }

/** What `kbackup storage clean` prints. */
export function cleanupReport(storage: string, archives: readonly ArchiveCleanup[]): Report {
  return {
    text: () =>
      archives.length === 0
        ? `No backups in ${storage}.`
        : archives.map((archive) => archiveText(storage, archive)).join('\n\n'),
    data: () => ({ storage, archives: archives.map(archiveData) }),
  }
}

/** A plan and a result in one shape. */
interface Facts {
  readonly backupId: string
  readonly isDone: boolean
  readonly objects: readonly LeftObject[]
  readonly uploads: readonly UnfinishedUpload[]
  readonly sparedObjects: CleanupFacts['sparedObjects']
  readonly common: Pick<CleanupFacts, 'sparedUploads' | 'showsUploads' | 'foreignKeys' | 'pins'>
  readonly removedPins: readonly string[]
  readonly warnings: CleanupFacts['warnings']
}

function factsOf(cleanup: Exclude<ArchiveCleanup, { readonly error: KbackupError }>): Facts {
  if ('plan' in cleanup) {
    const { backupId, objects, uploads, sparedObjects } = cleanup.plan
    return {
      backupId,
      isDone: false,
      objects,
      uploads,
      sparedObjects,
      common: cleanup.plan,
      removedPins: [],
      warnings: [],
    }
  }
  const { backupId, deleted, discarded, sparedObjects, removedPins, warnings } = cleanup.result
  return {
    backupId,
    isDone: true,
    objects: deleted,
    uploads: discarded,
    sparedObjects,
    common: cleanup.result,
    removedPins,
    warnings,
  }
}

const REASONS: Readonly<Record<LeftObject['reason'], string>> = {
  unnamed: 'no commit names it',
  dropped: 'a commit has dropped it',
}

const SPARED = {
  young: 'young: its writer may be alive',
  pinned: 'a pinned commit sees it',
  committed: 'its writer has committed it meanwhile',
} as const

function archiveText(storage: string, cleanup: ArchiveCleanup): string {
  if ('error' in cleanup) return errorText(cleanup)
  const facts = factsOf(cleanup)
  const { common } = facts
  return [
    `Cleanup of ${facts.backupId} in ${storage}`,
    ...section(facts.isDone ? 'deleted' : 'to delete', [
      ...facts.objects.map((object) => objectRow(object, REASONS[object.reason])),
      ...facts.uploads.map((upload) => uploadRow(upload, 'unfinished upload')),
    ]),
    ...section('left for now', [
      ...facts.sparedObjects.map((object) => objectRow(object, SPARED[object.spared])),
      ...common.sparedUploads.map((upload) => uploadRow(upload, 'unfinished upload, and young')),
      ...common.foreignKeys.map((key) => [key, '', '', 'not of kbackup: never touched']),
    ]),
    ...section('pins, while which nothing is deleted that they see', common.pins.map(pinRow)),
    ...(common.showsUploads ? [] : [hiddenUploads(storage)]),
    ...facts.removedPins.map((id) => `Pin ${id} was removed.`),
    ...facts.warnings.map(({ message, hint }) => `! ${message}${hint === undefined ? '' : `; ${hint}`}`),
    closing(facts),
  ].join('\n')
}

/** Google Cloud Storage and Azure end uploads by themselves, and show nobody those that are not ended. */
function hiddenUploads(storage: string): string {
  return /^(gs|az):/.test(storage)
    ? 'Unfinished uploads need no cleanup here: the store removes them itself after a week.'
    : 'Unfinished uploads cannot be seen on this store.'
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : [title, ...alignColumns(rows)]
}

function objectRow({ key, bytes, modifiedAtMs }: LeftObject, why: string): readonly string[] {
  return [key, bytesText(bytes), isoTime(BigInt(modifiedAtMs)), why]
}

function uploadRow({ key, bytes, startedAtMs }: UnfinishedUpload, why: string): readonly string[] {
  return [key, bytes === undefined ? '' : bytesText(bytes), isoTime(BigInt(startedAtMs)), why]
}

function pinRow({ id, ageMs, purpose, commit }: StandingPin): readonly string[] {
  return [id, `${durationText(ageMs)} old`, `commit ${commit.sequence}`, purpose]
}

function closing({ isDone, objects, uploads }: Facts): string {
  if (objects.length + uploads.length === 0) return 'Nothing to delete.'
  const bytes = [...objects, ...uploads].reduce((sum, one) => sum + (one.bytes ?? 0), 0)
  const what = `${countOf(objects.length, 'object')} and ${countOf(uploads.length, 'unfinished upload')}, ${bytesText(bytes)} in all`
  return isDone ? `Deleted ${what}.` : `${what}. Nothing was deleted; --execute deletes them.`
}

function errorText({ backupId, error }: { readonly backupId: string; readonly error: KbackupError }): string {
  const hint = error.hint === undefined ? '' : `\n  → ${inCommandWords(error.hint)}`
  return `Cleanup of ${backupId}: ${error.code}: ${error.message}${hint}`
}

function archiveData(cleanup: ArchiveCleanup): object {
  if ('error' in cleanup) {
    const { code, message, hint } = cleanup.error
    return { backup_id: cleanup.backupId, error: { code, message, hint } }
  }
  const { backupId, isDone, objects, uploads, sparedObjects, common, removedPins, warnings } = factsOf(cleanup)
  return {
    backup_id: backupId,
    executed: isDone,
    objects: objects.map(objectData),
    uploads: uploads.map(uploadData),
    spared_objects: sparedObjects.map((object) => ({ ...objectData(object), spared: object.spared })),
    spared_uploads: common.sparedUploads.map(uploadData),
    shows_uploads: common.showsUploads,
    foreign_keys: common.foreignKeys,
    pins: common.pins.map(({ id, purpose, commit, pinnedAtMs, ageMs }) => {
      return { id, purpose, commit, pinned_at: isoTime(pinnedAtMs), age_ms: ageMs }
    }),
    removed_pins: removedPins,
    warnings,
    ...('result' in cleanup ? { commit: cleanup.result.commit } : {}),
  }
}

function objectData({ key, bytes, modifiedAtMs, reason }: LeftObject): object {
  return { key, bytes, modified_at: isoTime(BigInt(modifiedAtMs)), reason }
}

function uploadData({ key, id, bytes, startedAtMs }: UnfinishedUpload): object {
  return { key, id, bytes: bytes ?? null, started_at: isoTime(BigInt(startedAtMs)) }
}
