import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GROUP } from './incident.ts'
import { PAYMENT_TOPICS, restoredTopic } from './payments.ts'

export const BACKUP_ID = 'payments'

/** Writes what an administrator would have in his folder: a file for the backup, and one for the restore. */
export async function writeConfigurationFiles(directory: string, bootstrapServer: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'backup.yaml'), backupFile(bootstrapServer))
  await writeFile(join(directory, 'restore.yaml'), restoreFile(bootstrapServer))
}

function backupFile(bootstrapServer: string): string {
  return `mode: backup
backup_id: ${BACKUP_ID}
source:
  bootstrap_servers: ["${bootstrapServer.replaceAll(',', '", "')}"]
  topics:
    include: ["payments.*"]
storage:
  backend: filesystem
  path: ./backups
`
}

function restoreFile(bootstrapServer: string): string {
  const mapping = PAYMENT_TOPICS.map((topic) => `    ${topic}: ${restoredTopic(topic)}`)
  return `mode: restore
backup_id: ${BACKUP_ID}
target:
  bootstrap_servers: ["${bootstrapServer.replaceAll(',', '", "')}"]
storage:
  backend: filesystem
  path: ./backups
restore:
  topic_mapping:
${mapping.join('\n')}
  consumer_groups: [${GROUP}]
`
}
