import { join, relative } from 'node:path'
import { type BlobInfo, type BlobStore, openArchive } from '@kbackup/core'
import { repositoryDirectory } from '../src/index.ts'
import type { ArchivePlace } from './archive-place.ts'
import { KBACKUP } from './broker-platform.ts'
import { BACKUP_ID } from './configuration-files.ts'
import { type Incident, isoTime } from './incident.ts'
import { endOfWindow, type Step } from './recovery.ts'
import type { Screen } from './screen.ts'
import type { TopicOutcome, Verdict } from './verdict.ts'

const RULE = '─'.repeat(96)

/** What the last screen shows. */
export interface SummaryOptions {
  readonly incident: Incident
  readonly verdict: Verdict
  readonly steps: readonly Step[]
  readonly archive: ArchivePlace
}

/** One screen: what was lost, what was saved, what was read, how long it took, and where to look. */
export async function showSummary(screen: Screen, options: SummaryOptions): Promise<void> {
  const { incident, verdict, steps, archive } = options
  screen.line()
  screen.line(RULE)
  screen.title(`Back to ${isoTime(endOfWindow(incident.bugAtMs))}, one millisecond before the bug`)
  screen.line()
  for (const line of topicTable(verdict.topics)) screen.line(line)
  screen.line()
  for (const line of outcomeLines(verdict)) screen.line(line)
  screen.line(`took     ${stepsText(steps)}`)
  screen.line()
  for (const { what, holds } of verdict.checks) {
    screen.line(holds ? `${screen.good('✓')} ${what}` : `${screen.bad('✗')} ${screen.bold(what)}`)
  }
  screen.line()
  for (const line of await lookAroundLines(archive)) screen.line(line)
}

function topicTable(topics: readonly TopicOutcome[]): readonly string[] {
  const total = topics.reduce(
    (sum, { saved, garbage, later }) => ({
      topic: '',
      saved: sum.saved + saved,
      garbage: sum.garbage + garbage,
      later: sum.later + later,
    }),
    { topic: '', saved: 0, garbage: 0, later: 0 },
  )
  const row = (cells: readonly string[]) =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(20) : cell.padStart(14))).join('')
  return [
    row(['', 'saved', 'garbage', 'later records']),
    ...[...topics, total].map(({ topic, saved, garbage, later }) =>
      row([topic, ...[saved, garbage, later].map(countText)]),
    ),
  ]
}

function outcomeLines({ topics, readBefore, readNow, readTwice, missing, garbageRead }: Verdict): readonly string[] {
  const sum = (of: (topic: TopicOutcome) => number) => countText(topics.reduce((total, topic) => total + of(topic), 0))
  const twice = readTwice === 0 ? 'none twice' : `${countText(readTwice)} twice`
  const absent = missing === 0 ? 'none missing' : `${countText(missing)} missing`
  const garbage = garbageRead === 0 ? 'no garbage' : `${countText(garbageRead)} of garbage`
  return [
    `saved    ${sum(({ saved }) => saved)} records from before the bug, in restored.payments.*`,
    `lost     ${sum(({ later }) => later)} later records, which are still in payments.* and in the archive, as is the garbage`,
    `read     ${countText(readBefore)} before the bug and ${countText(readNow)} now: ${twice}, ${absent}, ${garbage}`,
  ]
}

function stepsText(steps: readonly Step[]): string {
  const total = steps.reduce((sum, { durationMs }) => sum + durationMs, 0)
  return `${steps.map(({ name, durationMs }) => `${name} ${secondsText(durationMs)}`).join(', ')}: ${secondsText(total)} from alarm to resumed`
}

async function lookAroundLines({ store, folder, description }: ArchivePlace): Promise<readonly string[]> {
  if (folder === undefined) return bucketLines(store, description)
  const archive = relative(repositoryDirectory, folder)
  const where = `--path ${archive} --backup-id ${BACKUP_ID}`
  return [
    `The archive lies in ${archive}. Look around:`,
    `  node ${KBACKUP} describe ${where}`,
    `  node ${KBACKUP} show-offset-mapping ${where}`,
    `  ${await payments(store, archive)} | strings | less`,
  ]
}

/** The server of a bucket ends with the demo, so what lay in it is shown. */
async function bucketLines(store: BlobStore, description: string): Promise<readonly string[]> {
  const objects = await objectsIn(store)
  const bytes = objects.reduce((sum, { size }) => sum + size, 0)
  const totals = `${objects.length} objects with ${bytes.toLocaleString('en-US')} bytes`
  return [`The archive lay in ${description}: ${totals}`, ...objects.map(({ key }) => `  ${key}`)]
}

async function objectsIn(store: BlobStore): Promise<readonly BlobInfo[]> {
  const objects: BlobInfo[] = []
  for await (const info of store.list('')) objects.push(info)
  return objects
}

/** What prints captured payments with nothing but standard tools; from a bundle it cuts them out. */
async function payments(store: BlobStore, archive: string): Promise<string> {
  const { state } = await openArchive(store, BACKUP_ID)
  const lineages = state.topics.get('payments.captured')?.partitions.flatMap((partition) => partition.lineages) ?? []
  const [section] = lineages.flatMap(({ sections }) => sections)
  if (section === undefined) throw new Error('the archive holds no captures')
  const { key, position, length } = section
  return `tail -c +${position + 1} ${join(archive, key)} | head -c ${length} | zstd -dc`
}

function countText(count: number): string {
  return count === 0 ? '–' : count.toLocaleString('en-US')
}

function secondsText(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`
}
