import { join } from 'node:path'
import type { SectionEntry } from '@kbackup/core'
import { runCommand } from '../process/run-command.ts'

/** Writes the Kafka log of a section with no more than what `docs/format.md` tells everybody to use: `dd` and `zstd`. */
export async function unpackSection(directory: string, section: SectionEntry, log: string): Promise<void> {
  const { key, position, length } = section
  const file = `${log}.zst`
  const cut = [`skip=${position}`, `count=${length}`, 'iflag=skip_bytes,count_bytes', 'status=none']
  await runCommand('dd', [`if=${join(directory, key)}`, `of=${file}`, ...cut])
  await runCommand('zstd', ['-d', '-f', '-q', file, '-o', log])
}
