import type { GroupCapture, PartitionCut } from '../../archive/commit.ts'
import { isReached, latestWholeCut } from '../../backup/whole-cut.ts'
import { isoTime } from '../../config/iso-time.ts'
import { partitionName, type TopicPartition } from '../../kafka/topic-partition.ts'
import { groupedCount } from '../../text/grouped-count.ts'
import type { Hazard } from '../restore-plan.ts'
import type { RestoreRequest } from '../restore-request.ts'
import type { SelectedTopic } from '../stream-selection.ts'
import { advice, optionRemedies, type Remedy } from './remedy.ts'

const SHOWN_PARTITIONS = 3

export interface BackupQuestion extends Pick<RestoreRequest, 'guards' | 'selectionOf'> {
  readonly captures: readonly Pick<GroupCapture, 'observedAtMs'>[]
}

/** A partition that no backup has read to the end that it had found. */
interface UnfinishedPartition extends TopicPartition {
  /** `null` where nothing of it was committed, not even how far it goes. */
  readonly cut: PartitionCut | null
  /** Of what is selected of it. */
  readonly end: bigint | null
}

/**
 * Whether the backup of what is selected was cut short, or still runs, and the window reaches to where the archive is not
 * whole: the restore would end well without records that the source had before the backup began.
 *
 * ```
 * cuts            10:00 reached      11:00 not reached
 * window to       09:59   no hazard, the archive is whole there
 *                           10:30, or no end   hazard
 * ```
 */
export function findIncompleteBackup(selected: readonly SelectedTopic[], question: BackupQuestion): readonly Hazard[] {
  const cutShort = selected.flatMap((topic) => unfinishedOf(topic, question))
  // Where nothing of a partition was committed, nobody knows how far it went.
  const latest = cutShort.some(({ cut }) => cut === null) ? null : wholeUpTo(selected, question)
  const unfinished = cutShort.filter(({ end }) => end === null || latest === null || end > latest)
  if (unfinished.length === 0) return []
  const { guards } = question
  const remedies = remediesFor(latest)
  const windowEnd = latestEnd(unfinished)
  const end = windowEnd === null ? 'has no end' : `ends at ${isoTime(windowEnd)}`
  const whole = latest === null ? 'nothing is whole yet' : `the archive is whole up to ${isoTime(latest)} only`
  return [
    {
      code: 'KB_HAZARD_INCOMPLETE_BACKUP',
      blocks: guards.incompleteBackup !== 'accept',
      message:
        `the newest backup was cut short or still runs, so that records are missing from ${countText(unfinished)} ` +
        `(${shownText(unfinished)}); ${whole}, and the window ${end}`,
      remedies,
      details: { partitions: unfinished.map(partitionName), latest },
    },
  ]
}

function unfinishedOf({ source }: SelectedTopic, { selectionOf }: BackupQuestion): readonly UnfinishedPartition[] {
  const cuts = new Map(source.partitions.map(({ lineage }) => [lineage.partition, lineage.lastCut]))
  const { topic, topicId, partitionCount } = source.topic
  const expected =
    source.topicId === topicId ? Array.from({ length: partitionCount }, (_, index) => index) : cuts.keys()
  return [...expected]
    .flatMap((partition) => {
      const selection = selectionOf(topic, partition)
      return selection === null
        ? []
        : [{ topic, partition, cut: cuts.get(partition) ?? null, end: selection.window.end }]
    })
    .filter(({ cut }) => cut === null || !isReached(cut))
}

function latestEnd(unfinished: readonly UnfinishedPartition[]): bigint | null {
  const ends = unfinished.map(({ end }) => end)
  return ends.reduce((latest, end) => (latest === null || end === null ? null : end > latest ? end : latest))
}

function wholeUpTo(selected: readonly SelectedTopic[], { captures, selectionOf }: BackupQuestion): bigint | null {
  const cuts = selected
    .flatMap(({ source }) => source.partitions.flatMap(({ lineage }) => lineage.lastCut ?? []))
    .filter(({ topic, partition }) => selectionOf(topic, partition) !== null)
  return latestWholeCut(cuts, captures)
}

function remediesFor(latest: bigint | null): readonly Remedy[] {
  const accept = 'restores what is there, without the records that are missing'
  return [
    advice('run the backup again, which goes on where it was cut short, and restore when it has ended'),
    ...(latest === null
      ? []
      : optionRemedies('window.end', { [isoTime(latest)]: 'restores exactly the part that is whole' })),
    ...optionRemedies('guards.incompleteBackup', { accept }),
  ]
}

function countText({ length }: readonly UnfinishedPartition[]): string {
  return length === 1 ? 'a partition' : `${groupedCount(length)} partitions`
}

function shownText(unfinished: readonly UnfinishedPartition[]): string {
  const shown = unfinished.slice(0, SHOWN_PARTITIONS).map(stateText)
  return unfinished.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ')
}

function stateText({ cut, ...partition }: UnfinishedPartition): string {
  if (cut === null) return `${partitionName(partition)}: nothing`
  return `${partitionName(partition)}: up to offset ${cut.nextOffset} of ${cut.lastStableOffset}`
}
