import type { HeldSettingReport, HeldSettingsReport } from '@kbackup/core'
import { alignColumns } from './columns.ts'
import type { Report } from './data-format.ts'

const OUTCOMES: Readonly<Record<HeldSettingReport['outcome'], string>> = {
  'put-back': 'put back',
  'changed-since': 'left: somebody has changed it since',
  'topic-gone': 'left: there is no such topic any more',
}

/** What `kbackup restore release` and `kbackup restore undo` print. */
export function heldSettingsReport(report: HeldSettingsReport): Report {
  return { text: () => reportText(report), data: () => reportData(report) }
}

function reportText({ restoreId, settings }: HeldSettingsReport): string {
  if (settings.length === 0) return `Restore ${restoreId} holds no setting of a topic.`
  const rows = settings.map(({ topic, setting, heldValue, previousValue, outcome }) => [
    topic,
    setting,
    `${heldValue} → ${previousValue ?? 'the default'}`,
    OUTCOMES[outcome],
  ])
  return [`Restore ${restoreId}`, ...alignColumns(rows)].join('\n')
}

function reportData({ restoreId, settings }: HeldSettingsReport): object {
  return {
    restore_id: restoreId,
    settings: settings.map(({ topic, setting, heldValue, previousValue, outcome }) => ({
      topic,
      setting,
      held_value: heldValue,
      previous_value: previousValue,
      outcome: outcome.replace('-', '_'),
    })),
  }
}
