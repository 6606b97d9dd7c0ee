import { partitionName, type RestoreProof, type RestoreVerification } from '@kbackup/core'
import type { Report } from './data-format.ts'
import { countOf } from './quantity-text.ts'

/** What `kbackup restore verify` prints. */
export function proofReport(restoreId: string, proof: RestoreVerification): Report {
  const { reportKey } = proof
  return {
    text: () => [`Restore ${restoreId}: ${proofText(proof)}`, `Report: ${reportKey ?? NOT_WRITTEN}`].join('\n'),
    data: () => ({ restore_id: restoreId, ...proofData(proof), report: reportKey }),
  }
}

const NOT_WRITTEN = 'none, because the archive may not be written to'

/** `45,678 records read back, all equal (full)` */
export function proofText({ depth, compared, streams }: RestoreProof): string {
  if (depth === 'none') return 'not read back (verify: none)'
  const removed = streams.reduce((sum, { removedSince }) => sum + removedSince, 0)
  const without = removed === 0 ? '' : `; ${countOf(removed, 'record')} removed by the target since`
  return `${countOf(compared, 'record')} read back, all equal (${depth})${without}`
}

/** The proof in a report for programs. */
export function proofData({ depth, compared, streams }: RestoreProof): object {
  return {
    depth,
    records: compared,
    partitions: streams.map(({ target, compared: records, removedSince, archiveDigest, targetDigest }) => ({
      target: partitionName(target),
      records,
      removed_since: removedSince,
      archive_digest: archiveDigest,
      target_digest: targetDigest,
    })),
  }
}
