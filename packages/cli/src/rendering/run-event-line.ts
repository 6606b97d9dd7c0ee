import {
  type BackupEvent,
  partitionName,
  type RestoreEvent,
  type RestorePlan,
  type RunEvent,
  type RunWarning,
} from '@kbackup/core'
import { inCommandWords } from './option-words.ts'
import { bytesText, countOf } from './quantity-text.ts'
import { remediesLine } from './remedy-text.ts'

/** What a log says of an event. */
export interface EventLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly text: string
}

const FAILED_OUTCOMES: ReadonlySet<string> = new Set(['rollback-refused', 'rollback-failed'])

/** The line for an event of a backup. */
export function backupEventLine(event: BackupEvent): EventLine {
  switch (event.type) {
    case 'topic-start':
      return info(`Backing up topic: ${event.topic} (${countOf(event.partitionCount, 'partition')})`)
    case 'partition-gap': {
      const { startOffset, nextOffset, reason } = event.gap
      return warn(
        `${partitionName(event.gap)}: the source no longer has offsets ${startOffset} to ${nextOffset - 1n} (${reason})`,
      )
    }
    case 'commit-end':
      return debug(`Commit ${event.commit.sequence}: ${countOf(event.records, 'record')}`)
    case 'group-capture-end':
      return info(`Captured the positions of ${countOf(event.groupCount, 'consumer group')}`)
    case 'partition-failed':
      return { level: 'error', text: `${partitionName(event)}: ${event.code}: ${event.message}` }
    case 'partition-start':
    case 'partition-end':
      return debug(`${event.type} ${partitionName(event)}`)
    case 'lineage-start':
      return debug(
        `Lineage ${event.lineage} of ${partitionName(event)} starts at ${event.startOffset} (${event.reason})`,
      )
    case 'segment-end':
      return debug(`Stored ${event.section.key}`)
    case 'bundle-end':
      return debug(`Stored ${event.key} (${countOf(event.sections, 'section')})`)
    default:
      return commonEventLine(event)
  }
}

/** The line for an event of a restore. */
export function restoreEventLine(event: RestoreEvent, plan: RestorePlan): EventLine {
  switch (event.type) {
    case 'topic-start':
      return info(`Restoring topic: ${mappedName(event.topic, plan)}`)
    case 'topic-create':
      return info(`Created topic: ${event.topic} (${countOf(event.partitionCount, 'partition')})`)
    case 'checkpoint-load':
      return info(
        `Loaded checkpoint: ${countOf(event.objects, 'segment')} completed, ${countOf(event.records, 'record')} restored; resuming from there`,
      )
    case 'group-wait':
      return warn(
        `waiting for ${event.groupId}: ${countOf(event.members.length, 'member')}, ${event.members.slice(0, 3).join(', ')}; stop its consumers`,
      )
    case 'group-reset-end': {
      const text = `Consumer group ${event.groupId}: ${event.outcome} (${countOf(event.partitions, 'partition')})`
      return FAILED_OUTCOMES.has(event.outcome) ? { level: 'error', text } : info(text)
    }
    case 'hazard':
      return warn(`${event.code}: ${event.message}${hintText(remediesLine(event.remedies))}`)
    case 'note':
      return warn(event.message)
    case 'stream-end':
      return debug(`${partitionName(event.target)}: ${countOf(event.records, 'record')}`)
    case 'stream-start':
      return debug(`${partitionName(event.source)} → ${partitionName(event.target)} from record ${event.fromOrdinal}`)
    default:
      return commonEventLine(event)
  }
}

function commonEventLine(event: RunEvent): EventLine {
  switch (event.type) {
    case 'topic-end':
      return info(`Done with ${event.topic}: ${countOf(event.records, 'record')}, ${bytesText(event.bytes)}`)
    case 'warning':
      return warn(warningText(event))
    case 'retry':
      return warn(`${event.operation}: ${event.message}; trying again in ${event.delayMs} ms`)
    default:
      return debug(event.type)
  }
}

function mappedName(topic: string, { topics }: RestorePlan): string {
  const planned = topics.find(({ source, target }) => source === topic || target === topic)
  if (planned === undefined || planned.source === planned.target) return topic
  return `${planned.source} → ${planned.target}`
}

/** A warning of a run or a report, with what to do about it. */
export function warningText({ code, message, hint }: RunWarning): string {
  return `${code}: ${message}${hintText(hint)}`
}

function hintText(hint: string | undefined): string {
  return hint === undefined ? '' : ` → ${inCommandWords(hint)}`
}

function debug(text: string): EventLine {
  return { level: 'debug', text }
}

function info(text: string): EventLine {
  return { level: 'info', text }
}

function warn(text: string): EventLine {
  return { level: 'warn', text }
}
