import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GROUP } from './incident.ts'
import { PAYMENT_TOPICS, restoredTopic } from './payments.ts'

export const BACKUP_ID = 'payments'

/** Writes what an administrator would have in his folder: a file for the backup, and one for the restore. */
export async function writeConfigurationFiles(
  directory: string,
  bootstrapServer: string,
  storageLines: readonly string[],
): Promise<void> {
  const storage = storageLines.map((line) => `  ${line}\n`).join('')
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'backup.yaml'), backupFile(bootstrapServer, storage))
  await writeFile(join(directory, 'restore.yaml'), restoreFile(bootstrapServer, storage))
}

function backupFile(bootstrapServer: string, storage: string): string {
  return `mode: backup
backup_id: ${BACKUP_ID}
source:
  bootstrap_servers: ["${bootstrapServer.replaceAll(',', '", "')}"]
  topics:
    include: ["payments.*"]
storage:
${storage}`
}

function restoreFile(bootstrapServer: string, storage: string): string {
  const mapping = PAYMENT_TOPICS.map((topic) => `    ${topic}: ${restoredTopic(topic)}`)
  return `mode: restore
backup_id: ${BACKUP_ID}
target:
  bootstrap_servers: ["${bootstrapServer.replaceAll(',', '", "')}"]
storage:
${storage}restore:
  topic_mapping:
${mapping.join('\n')}
  consumer_groups: [${GROUP}]
`
}
