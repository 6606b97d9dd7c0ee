import { sumOf } from '../../collections/sum-of.ts'
import { groupedCount } from '../../text/grouped-count.ts'
import type { TargetComparison } from '../present-records/target-comparison.ts'
import type { RestoreGuards } from '../restore-options.ts'
import type { Hazard } from '../restore-plan.ts'
import type { TopicTarget } from '../topic-target.ts'
import { isCompacted } from './compaction.ts'
import { advice, optionRemedies, type Remedy } from './remedy.ts'

const REMEDIES: readonly Remedy[] = [
  { option: 'rename', value: null, text: 'restore everything under another name, in order', isDestructive: false },
  ...optionRemedies('guards.order', { accept: 'puts the missing records behind those that are there' }),
  { option: 'existingTopics', value: 'recreate', text: 'deletes the topic and makes it anew', isDestructive: true },
]

const APPEND: Remedy = {
  option: 'existingTopics',
  value: 'append',
  text: 'puts all records after those that are there',
  isDestructive: false,
}

const UNDECIDED: readonly Remedy[] = [advice('restore under another name, or into a topic without records'), APPEND]

const OPEN: readonly Remedy[] = [
  advice('wait until the transaction has ended, or abort it (kafka-transactions.sh abort), and plan anew'),
  APPEND,
]

/** What is dangerous about restoring only what a target topic lacks. */
export function findPresentHazards(
  topic: TopicTarget,
  comparisons: readonly TargetComparison[],
  guard: RestoreGuards['order'],
): readonly Hazard[] {
  const own = comparisons.filter(({ target }) => target.topic === topic.target)
  return [...changedOrder(topic, own, guard), ...undecidedRecords(topic, own), ...openTransactions(topic, own)]
}

/** Whether missing records would stand behind others that came after them. */
function changedOrder(
  topic: TopicTarget,
  comparisons: readonly TargetComparison[],
  guard: RestoreGuards['order'],
): readonly Hazard[] {
  const lacking = comparisons.filter(({ streams }) => streams.some(({ missing }) => missing > 0))
  const streams = lacking.flatMap((comparison) => comparison.streams)
  const overtaken = sumOf(streams, (stream) => stream.overtaken)
  const others = sumOf(lacking, (comparison) => comparison.others)
  if (guard === 'accept' || overtaken + others === 0) return []
  const missing = sumOf(streams, (stream) => stream.missing)
  return [
    {
      code: 'KB_HAZARD_ORDER',
      blocks: true,
      message: `${groupedCount(missing)} records that ${topic.target} lacks would stand behind those that it holds: ${whatChanges(overtaken, others)}${cleanerText(topic)}`,
      remedies: REMEDIES,
      details: { topic: topic.target, missing, present: sumOf(streams, ({ present }) => present), overtaken, others },
    },
  ]
}

function whatChanges(overtaken: number, others: number): string {
  return [
    ...(overtaken > 0 ? [`${groupedCount(overtaken)} of them came before some of these`] : []),
    ...(others > 0 ? [`${groupedCount(others)} that are there are none of the archive`] : []),
  ].join(', and ')
}

function cleanerText(topic: TopicTarget): string {
  return isCompacted(topic) ? '; its cleaner then keeps older values in place of newer ones' : ''
}

/** Whether records that are there cannot be told from missing ones. */
function undecidedRecords(topic: TopicTarget, comparisons: readonly TargetComparison[]): readonly Hazard[] {
  const undecided = sumOf(comparisons, ({ streams }) => sumOf(streams, (stream) => stream.undecided))
  if (undecided === 0) return []
  return [
    {
      code: 'KB_HAZARD_TARGET_HAS_RECORDS',
      blocks: true,
      message: `${topic.target} has overwritten the times of its records: whether ${groupedCount(undecided)} records are there cannot be told`,
      remedies: UNDECIDED,
      details: { topic: topic.target, records: undecided },
    },
  ]
}

/** Behind its beginning nothing can be read for good before it has ended: what stands there would be produced again. */
function openTransactions(topic: TopicTarget, comparisons: readonly TargetComparison[]): readonly Hazard[] {
  const open = comparisons.flatMap(({ target: { partition }, openFrom }) =>
    openFrom === null ? [] : [{ partition, openFrom }],
  )
  const [first] = open
  if (first === undefined) return []
  return [
    {
      code: 'KB_HAZARD_TARGET_HAS_RECORDS',
      blocks: true,
      message: `a transaction is open in ${open.length} partitions of ${topic.target} (partition ${first.partition} from offset ${first.openFrom} on): what stands behind cannot be compared`,
      remedies: OPEN,
      details: { topic: topic.target, partitions: open.map(({ partition }) => partition) },
    },
  ]
}
