import { KbackupError, openArchive, type RestoreReceipt } from '@kbackup/core'
import type { CommandContext } from '../command-context.ts'
import { replaceFile } from '../ports/local-file.ts'
import { jsonText } from '../rendering/data-format.ts'
import { offsetReport } from '../rendering/offset-report.ts'
import type { ConfiguredRestore } from './configured-restore.ts'

/** Writes the file that `offset_report` names, if it does: where each record stands, and each group goes on. */
export async function writeOffsetReport(
  { config, storage }: ConfiguredRestore,
  receipt: RestoreReceipt,
  { signal, log }: CommandContext,
): Promise<void> {
  const path = config.restore?.offset_report
  if (path === undefined) return
  const archive = await openArchive(storage, receipt.backupId, { signal })
  const map = await archive.offsetMap(receipt.restoreId, { signal })
  await replaceFile(path, `${jsonText(offsetReport(receipt, map), 2)}\n`).catch((error: unknown) => {
    throw withoutReport(error, receipt)
  })
  log.info(`Offset mapping written to ${path}`)
}

/** The restore is done, and must not be run again for its report. */
function withoutReport(error: unknown, { restoreId }: RestoreReceipt): unknown {
  if (!KbackupError.is(error, 'KB_FILE_FAILED')) return error
  const { code, message, details } = error
  const hint = `all else is done: kbackup show-offset-mapping --restore-id ${restoreId} --format json prints the same`
  return new KbackupError(code, { message, hint, details, cause: error })
}
