import { z } from 'zod'
import { optionalKey, requiredKey } from './config-key.ts'
import { guardsSchema } from './guards-schema.ts'
import { choice, instant, size, text, wholeNumber } from './value-schemas.ts'

export const GROUP_STRATEGIES = ['skip', 'header-based', 'timestamp-based', 'cluster-scan', 'manual'] as const

/** A day. */
const MAX_CHECKPOINT_SECS = 86_400
const INSTANT_TYPE = 'epoch milliseconds, or ISO 8601 with an offset or Z'

function windowKeys() {
  return {
    time_window_start: optionalKey(instant(), {
      description: 'Records with an earlier timestamp are left out; `--time-start` overrides it.',
      type: INSTANT_TYPE,
      default: 'from the first record',
    }),
    time_window_end: optionalKey(instant(), {
      description:
        'Records with a later timestamp are left out; groups get their position of that moment; `--time-end` overrides it.',
      type: INSTANT_TYPE,
      default: 'to the last record',
    }),
  }
}

function topicEntry() {
  return z.union([
    text(),
    z.strictObject({
      name: requiredKey(text(), { description: 'The topic, or a pattern.', type: 'text' }),
      time_window_start: optionalKey(instant(), {
        description: 'As `time_window_start` of the whole restore, for this topic.',
        type: INSTANT_TYPE,
        default: 'that of the whole restore',
      }),
      time_window_end: optionalKey(instant(), {
        description: 'As `time_window_end` of the whole restore, for this topic.',
        type: INSTANT_TYPE,
        default: 'that of the whole restore',
      }),
      partitions: optionalKey(z.array(wholeNumber(0)).min(1), {
        description: 'Only these partitions of the topic; another entry may name others of them.',
        type: 'list of whole numbers',
        default: 'all partitions',
      }),
      offset_start: optionalKey(wholeNumber(0), {
        description: 'Records with a lower offset at the source are left out.',
        type: 'whole number',
        default: 'from the first record',
      }),
      offset_end: optionalKey(wholeNumber(0), {
        description: 'Records with a higher offset at the source are left out.',
        type: 'whole number',
        default: 'to the last record',
      }),
    }),
  ])
}

function repartitionSchema() {
  return z.strictObject({
    partition_count: requiredKey(wholeNumber(1, 100_000), {
      description: 'How many partitions the target topics have, or get.',
      type: 'whole number',
    }),
  })
}

function selectionKeys() {
  return {
    ...windowKeys(),
    topics: optionalKey(z.array(topicEntry()).min(1), {
      description:
        'Topics by name or pattern, as another way to write `target.topics.include`; or sections with `name`, and with a window, partitions or offsets of their own.',
      type: 'list of text or of sections with name',
      default: 'as `target.topics` says',
    }),
    source_partitions: optionalKey(z.array(wholeNumber(0)).min(1), {
      description: 'Only these partitions of each topic.',
      type: 'list of whole numbers',
      default: 'all partitions',
    }),
    topic_mapping: optionalKey(z.record(text(), text()), {
      description: 'Source topic to target topic; topics without an entry keep their names.',
      type: 'section of topic: topic',
      default: '`{}`',
    }),
    partition_mapping: optionalKey(
      z.record(z.string().regex(/^\d+$/, 'a partition is a whole number'), wholeNumber(0)),
      {
        description:
          'Source partition to target partition; partitions without an entry keep their numbers. Several may go to one.',
        type: 'section of partition: partition',
        default: '`{}`',
      },
    ),
    repartition: optionalKey(repartitionSchema(), {
      description:
        'Sends each record to a partition by its key, as the Java client would: for a target with another number of partitions.',
      type: 'section',
    }),
    keys: optionalKey(z.array(text()).min(1), {
      description: 'Only records with one of these keys.',
      type: 'list of text',
      default: 'all records',
    }),
    at_commit: optionalKey(wholeNumber(1), {
      description: 'Restores the archive as it was at this commit.',
      type: 'whole number',
      default: 'the newest commit',
    }),
  }
}

function groupKeys() {
  return {
    consumer_groups: optionalKey(z.array(text()), {
      description:
        'Consumer groups that are set to their archived position as of the end of the window. Naming them is enough, ' +
        'unless `reset_consumer_offsets: false` or `consumer_group_strategy: skip` stands beside it.',
      type: 'list of text',
      default: '`[]`',
    }),
    reset_consumer_offsets: optionalKey(z.boolean(), {
      description: '`false` leaves the groups alone even where they are named; `true` needs their names.',
      type: 'true or false',
      default: '`true` where `consumer_groups` names groups, else `false`',
    }),
    consumer_group_strategy: optionalKey(choice(GROUP_STRATEGIES), {
      description:
        'How positions are found in the target: by the exact offset map of the restore (`header-based`), by the time of the record to read next (`timestamp-based`), or by reading the target back (`cluster-scan`); `manual` only reports them, of all archived groups where none is named, and `skip` leaves groups alone.',
      type: 'word',
      values: GROUP_STRATEGIES,
      default: '`header-based` where `consumer_groups` names groups, else `skip`',
    }),
    include_original_offset_header: optionalKey(z.boolean(), {
      description:
        'Whether each record gets the headers `x-original-offset` and `x-original-timestamp`, as decimal text, behind its own. ' +
        'Positions are translated without them.',
      type: 'true or false',
      default: '`false`',
    }),
    offset_report: optionalKey(text(), {
      description:
        'A file that receives the offset mapping at the end of the restore, as `show-offset-mapping --format json` gives it, and the positions of the groups beside it.',
      type: 'path',
    }),
  }
}

function runKeys() {
  return {
    dry_run: optionalKey(z.boolean(), {
      description: 'Plans and reports, and writes nothing; the same as `--dry-run`.',
      type: 'true or false',
      default: '`false`',
    }),
    verify: optionalKey(choice(['none', 'sample', 'full']), {
      description:
        'How much of what was restored is read back from the target, and compared with the archive, before groups are set.',
      type: 'word',
      values: ['none', 'sample', 'full'],
      default: '`full` up to 64 MiB, else `sample`',
    }),
    max_concurrent_partitions: optionalKey(wholeNumber(1, 1024), {
      description: 'Partitions restored at the same time.',
      type: 'whole number',
      default: '16',
    }),
    max_memory_bytes: optionalKey(size(1024 * 1024), {
      description: 'Bounds all buffers of a run together.',
      type: 'size',
      default: '`128MiB`',
    }),
    produce_batch_size: optionalKey(wholeNumber(1), {
      description:
        'Records in a produced batch, at most: larger batches of the source are split. Smaller ones keep their size, but for tiny ones, which are joined.',
      type: 'whole number',
      default: 'as at the source',
    }),
    rate_limit_records_per_sec: optionalKey(wholeNumber(1), {
      description: 'Records a second, at most, of all partitions together.',
      type: 'whole number',
      default: 'not limited',
    }),
    rate_limit_bytes_per_sec: optionalKey(size(1), {
      description: 'Bytes a second, at most, of batches as they are produced, of all partitions together.',
      type: 'size',
      default: 'not limited',
    }),
    checkpoint_state: optionalKey(text(), {
      description:
        'A file that shows how far the restore is: what is complete, what is begun, records and bytes. A restore goes on by its journal in the archive, also without this file; a file of a restore with another configuration is refused, and left as it is.',
      type: 'path',
    }),
    checkpoint_interval_secs: optionalKey(wholeNumber(1, MAX_CHECKPOINT_SECS), {
      description: 'How often that file is written, in seconds, beside beginning and end.',
      type: 'whole number',
      default: '`60`',
    }),
  }
}

function targetKeys() {
  return {
    existing_topics: optionalKey(choice(['fail', 'append', 'only-missing', 'purge', 'recreate']), {
      description:
        'What is done with a target topic that holds records: stop, add to it, add only what it lacks (`--only-missing`), empty it first, or make it anew.',
      type: 'word',
      values: ['fail', 'append', 'only-missing', 'purge', 'recreate'],
      default: '`fail`',
    }),
    replication_factor: optionalKey(wholeNumber(1, 32767), {
      description: 'Of topics that are created.',
      type: 'whole number',
      default: 'as archived, where the cluster has brokers enough',
    }),
    guards: optionalKey(guardsSchema(), {
      description:
        'How dangers that the plan finds are settled; one that is not settled stops the restore before it writes.',
      type: 'section',
    }),
  }
}

/** The section `restore`. */
export function restoreSchema() {
  return z
    .strictObject({ ...selectionKeys(), ...targetKeys(), ...groupKeys(), ...runKeys() })
    .superRefine((restore, context) => {
      for (const issue of [...windowIssues(restore), ...fileIssues(restore)]) {
        context.addIssue({ code: 'custom', path: [issue.key], message: issue.message })
      }
    })
}

interface KeyIssue {
  readonly key: string
  readonly message: string
}

interface WindowKeys {
  readonly time_window_start?: bigint | undefined
  readonly time_window_end?: bigint | undefined
}

function windowIssues({ time_window_start: start, time_window_end: end }: WindowKeys): readonly KeyIssue[] {
  if (start === undefined || end === undefined || start <= end) return []
  const message = `${isoText(end)} is before time_window_start, ${isoText(start)}: the window is empty; exchange the two or correct one`
  return [{ key: 'time_window_end', message }]
}

interface FileKeys {
  readonly checkpoint_state?: string | undefined
  readonly checkpoint_interval_secs?: number | undefined
  readonly offset_report?: string | undefined
}

function fileIssues({ checkpoint_state, checkpoint_interval_secs, offset_report }: FileKeys): readonly KeyIssue[] {
  const issues: KeyIssue[] = []
  if (checkpoint_interval_secs !== undefined && checkpoint_state === undefined) {
    issues.push({
      key: 'checkpoint_interval_secs',
      message: 'says nothing without checkpoint_state; name a file there',
    })
  }
  if (offset_report !== undefined && offset_report === checkpoint_state) {
    issues.push({ key: 'offset_report', message: 'is the file of checkpoint_state; name another one' })
  }
  return issues
}

function isoText(ms: bigint): string {
  return new Date(Number(ms)).toISOString()
}

export type RestoreConfig = z.output<ReturnType<typeof restoreSchema>>
