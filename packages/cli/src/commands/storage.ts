import { Command } from 'commander'
import type { Bind } from '../program.ts'
import { storageCheckCommand } from './storage-check.ts'
import { storageCleanCommand } from './storage-clean.ts'

/** `kbackup storage` */
export function storageCommand(bind: Bind): Command {
  return new Command('storage')
    .description('Look after the place in which archives lie.')
    .addCommand(storageCheckCommand(bind))
    .addCommand(storageCleanCommand(bind))
}
