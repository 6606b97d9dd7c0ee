import type { OffsetMap, RestoreReceipt } from '@kbackup/core'
import { groupData } from './group-receipt.ts'
import { offsetMappingReport } from './offset-mapping-report.ts'

/** The file that `offset_report` names: the offset mapping as `show-offset-mapping` gives it, and the groups beside it. */
export function offsetReport(receipt: RestoreReceipt, map: OffsetMap): object {
  const { backupId, groups } = receipt
  const mapping = offsetMappingReport({ backupId, restore: { ...receipt, finished: true }, map })
  return { ...mapping.data(), groups: groups.map(groupData) }
}
