import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { openArchiveWriter } from './archive-writer.ts'
import { type Field, fieldLength } from './binary-layout.ts'
import {
  BUNDLE_END_MAGIC,
  BUNDLE_MAGIC,
  directoryEntryLayout,
  directoryHeadLayout,
  directoryTrailerLayout,
} from './bundle-layout.ts'
import type { CatalogEvent, CommitDraft, Precondition } from './commit.ts'
import { readCommitObject, writeCommitObject } from './commit-shape.ts'
import { pinCommit } from './pins.ts'
import {
  blockEntryLayout,
  frameHead,
  indexHeadLayout,
  indexTrailerLayout,
  OMISSION_REASONS,
  omissionLayout,
  SECTION_CODECS,
  SECTION_END_MAGIC,
  SECTION_HEADER_MAGIC,
  SECTION_INDEX_MAGIC,
  SKIPPABLE_FRAME_MAGIC,
  sectionHeaderLayout,
} from './section-layout.ts'
import { writeSnapshot } from './snapshot.ts'
import { CommitChain } from './testing/commit-chain.ts'
import {
  BACKUP_ID,
  createOrders,
  EMPTY_DRAFT,
  gapAt,
  lineageOf,
  ORDERS,
  sectionAt,
  TOPIC_ID,
} from './testing/commit-fixture.ts'
import { ARCHIVE_ID } from './testing/section-fixture.ts'

/** Without the blanks that lay out its tables. */
const DOCUMENT = readFileSync(new URL('../../../../docs/format.md', import.meta.url), 'utf8').replaceAll(/ {2,}/g, ' ')

/** The cells of the first table below a heading, without its head. */
function tableUnder(heading: string): readonly (readonly string[])[] {
  const section = DOCUMENT.split(/^#{2,3} /m).find((part) => part.startsWith(`${heading}\n`))
  const rows = section?.split('\n').filter((line) => line.startsWith('|')) ?? []
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

function namesUnder(heading: string): readonly string[] {
  return tableUnder(heading).map(([name = '']) => name.replaceAll('`', ''))
}

/** The names in the second column, for each name in the first. */
function furtherFieldsUnder(heading: string): ReadonlyMap<string, readonly string[]> {
  return new Map(
    tableUnder(heading).map(([name = '', fields = '']) => [
      name.replaceAll('`', ''),
      [...fields.matchAll(/`(\w+)`/g)].map(([, field = '']) => field),
    ]),
  )
}

const LAYOUTS: readonly (readonly [string, readonly Field[]])[] = [
  ['Frame head', frameHead.fields],
  ['Section header', sectionHeaderLayout.fields],
  ['Index head', indexHeadLayout.fields],
  ['Block entry', blockEntryLayout.fields],
  ['Omission entry', omissionLayout.fields],
  ['Index trailer', indexTrailerLayout.fields],
  ['Directory head', directoryHeadLayout.fields],
  ['Directory entry', directoryEntryLayout.fields],
  ['Directory trailer', directoryTrailerLayout.fields],
]

const lineage = lineageOf(0)
const epochs = [{ leaderEpoch: 1, startOffset: 0n }]
const cut = {
  nextOffset: 9n,
  logStartOffset: 0n,
  lastStableOffset: 9n,
  highWatermark: 9n,
  leaderEpoch: 1,
  observedAtMs: 1n,
}
const offset = { topic: ORDERS, partition: 0, offset: 1n, leaderEpoch: -1, metadata: null }
const group = { groupId: 'g', type: 'classic', protocolType: '', state: 'Empty', offsets: [offset] }
const topic = { topic: ORDERS, topicId: TOPIC_ID, partitionCount: 1, replicationFactor: 1, configs: {} }

const EVENTS: readonly CatalogEvent[] = [
  { type: 'topic-created', ...topic },
  { type: 'topic-recreated', previousTopicId: TOPIC_ID, ...topic },
  { type: 'topic-deleted', topic: ORDERS, topicId: TOPIC_ID },
  { type: 'partitions-added', topic: ORDERS, topicId: TOPIC_ID, partitionCount: 2 },
  { type: 'configs-changed', topic: ORDERS, topicId: TOPIC_ID, configs: {} },
  { type: 'lineage-started', ...lineage, startOffset: 0n, reason: 'first' },
]
const PRECONDITIONS: readonly Precondition[] = [
  { type: 'partition-at', ...lineage, nextOffset: 0n },
  { type: 'object-live', key: 'k' },
  { type: 'topic-is', topic: ORDERS, topicId: null },
]
const DRAFT: CommitDraft = {
  preconditions: PRECONDITIONS,
  catalog: EVENTS,
  sections: [{ ...sectionAt(lineage, [0n, 9n]), leaderEpochs: epochs }],
  gaps: [gapAt(lineage, [9n, 10n])],
  cuts: [{ ...lineage, ...cut }],
  capture: {
    startedAtMs: 1n,
    observedAtMs: 2n,
    offsetsTopicEnds: [{ partition: 0, highWatermark: 1n }],
    groups: [group],
    unread: ['invoices'],
  },
  drops: [],
}

/** A commit with one of everything, as it is read from bytes: what the strict reader takes is what there is. */
function everyCommit() {
  const head = { format: 1, archiveId: ARCHIVE_ID, sequence: 1, writerId: 'w', nonce: ARCHIVE_ID } as const
  const bytes = writeCommitObject({
    ...head,
    ...DRAFT,
    previousSha256: null,
    committedAtMs: 1n,
    unsafeSingleWriter: false,
  })
  return readCommitObject(bytes, 'commit')
}

function fieldsOf(value: object | null | undefined): readonly string[] {
  return Object.keys(value ?? {})
}

function jsonOf(bytes: Buffer | undefined): object {
  const value: unknown = JSON.parse(bytes?.toString() ?? '')
  if (typeof value !== 'object' || value === null) throw new Error('no object')
  return value
}

const unsealed = (value: object) => fieldsOf(value).filter((name) => name !== 'sha256')

describe('docs/format.md', () => {
  it.each(LAYOUTS)('lists the fields of the %s as the code reads and writes them', (heading, fields) => {
    const described = tableUnder(heading).map((cells) => cells.slice(0, 3))
    expect(described).toEqual(fields.map(({ name, type }) => [`\`${name}\``, type, String(fieldLength(type))]))
  })

  it('states the magic numbers, the codecs and the reasons', () => {
    const magics = [SECTION_HEADER_MAGIC, SECTION_INDEX_MAGIC, SECTION_END_MAGIC, BUNDLE_MAGIC, BUNDLE_END_MAGIC]
    for (const magic of magics) expect(DOCUMENT).toContain(`| \`magic\` | magic | 8 | \`${magic}\` |`)
    expect(DOCUMENT).toContain(`| 0x${SKIPPABLE_FRAME_MAGIC.toString(16).toUpperCase()} |`)
    expect(DOCUMENT).toContain(`| ${SECTION_CODECS.map((name, number) => `${number} ${name}`).join(', ')} |`)
    const reasons = tableUnder('Omission entry').find(([name]) => name === '`reason`')?.[3] ?? ''
    const stated = [...reasons.matchAll(/(\d) (\w+)/g)].map(([, number, name]) => [Number(number), name])
    expect(stated).toEqual(OMISSION_REASONS.map((name, number) => [number, name]))
    expect(DOCUMENT).toContain(`The last ${indexTrailerLayout.length} bytes of a section`)
  })

  it('lists the fields of commits and of what is in them', () => {
    const commit = everyCommit()
    const [section] = commit.sections
    const [captured] = commit.capture?.groups ?? []
    expect(namesUnder('Commit')).toEqual(fieldsOf(commit))
    expect(new Set(namesUnder('Section entry'))).toEqual(new Set(fieldsOf(section)))
    expect(namesUnder('Vouched bytes')).toEqual(fieldsOf(section?.index))
    expect(namesUnder('Epoch start')).toEqual(fieldsOf(section?.leaderEpochs[0]))
    expect(namesUnder('Gap')).toEqual(fieldsOf(commit.gaps[0]))
    expect(namesUnder('Cut')).toEqual(fieldsOf(commit.cuts[0]))
    expect(namesUnder('Capture')).toEqual(fieldsOf(commit.capture))
    expect(namesUnder('Offsets topic end')).toEqual(fieldsOf(commit.capture?.offsetsTopicEnds[0]))
    expect(namesUnder('Captured group')).toEqual(fieldsOf(captured))
    expect(namesUnder('Group offset')).toEqual(fieldsOf(captured?.offsets[0]))
  })

  it('lists every catalog event and every precondition with its fields', () => {
    const commit = everyCommit()
    const listed = (values: readonly { readonly type: string }[]) =>
      new Map(values.map((value) => [value.type, new Set(fieldsOf(value).filter((name) => name !== 'type'))]))
    const described = (heading: string) =>
      new Map([...furtherFieldsUnder(heading)].map(([type, fields]) => [type, new Set(fields)]))
    expect(described('Catalog events')).toEqual(listed(commit.catalog))
    expect(described('Preconditions')).toEqual(listed(commit.preconditions))
  })

  it('lists the fields of archive.json, snapshots, pins and the manifest', async () => {
    const store = new MemoryBlobStore()
    const writer = await openArchiveWriter(store, BACKUP_ID, { createIfMissing: true })
    const reference = await writer.commit(createOrders(1))
    const pin = await pinCommit(store, BACKUP_ID, { commit: reference, purpose: 'test' })
    expect(namesUnder('archive.json')).toEqual(unsealed(jsonOf(await store.get(`${BACKUP_ID}/archive.json`))))
    expect(namesUnder('Pin')).toEqual(unsealed(jsonOf(await store.get(`${BACKUP_ID}/pins/${pin.id}.json`))))
    const manifest = jsonOf(await store.get(`${BACKUP_ID}/manifest.json`))
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(DOCUMENT) ?? []
    expect(fieldsOf(jsonOf(Buffer.from(example)))).toEqual(fieldsOf(manifest))
    const chain = new CommitChain()
    chain.commit(createOrders(1))
    chain.commit({ ...EMPTY_DRAFT, sections: DRAFT.sections, gaps: DRAFT.gaps })
    expect(namesUnder('Snapshot')).toEqual(unsealed(jsonOf(writeSnapshot(chain.fold.state))))
  })

  it('names every kind of object by its key', async () => {
    const store = new MemoryBlobStore()
    const writer = await openArchiveWriter(store, BACKUP_ID, { createIfMissing: true, snapshotEveryCommits: 1 })
    await pinCommit(store, BACKUP_ID, { commit: await writer.commit(createOrders(1)), purpose: 'test' })
    const described = namesUnder('Objects').map((key) => new RegExp(`^${patternOf(key)}$`))
    const keys = [...store.keys(), writer.bundleKey(), writer.segmentKey(lineage, 7n, 'zstd')]
    for (const key of keys)
      expect(
        described.some((pattern) => pattern.test(key)),
        key,
      ).toBe(true)
  })
})

/** `{backup id}/commits/{sequence}.json` as a pattern; numbers have 20 digits. */
function patternOf(key: string): string {
  return key
    .replaceAll('.', '\\.')
    .replace(/\{(sequence|start offset)\}/g, '\\d{20}')
    .replace(/\{[^}]+\}/g, '[^/]+')
    .replace('…', '.+')
}
