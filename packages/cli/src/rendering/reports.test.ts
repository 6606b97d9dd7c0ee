import type { RestorePlan } from '@kbackup/core'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { archiveList } from './archive-list.ts'
import { archiveReport } from './archive-report.ts'
import { archiveView, lineage, topicState } from './archive-view.fixture.ts'
import { archivedOffsetsReport } from './archived-offsets-report.ts'
import { renderReport } from './data-format.ts'
import { validationReport } from './validation-report.ts'

const from = 1_705_312_800_000n
const to = 1_705_316_400_000n

const orders = topicState('orders', [
  lineage('orders', 0, [
    { offsets: [1000n, 3000n], times: [from, from + 1n] },
    { offsets: [3000n, 5001n], times: [from + 5n, to] },
  ]),
  lineage('orders', 1, [{ offsets: [1500n, 4501n], times: [from + 5_000n, to - 5_000n] }]),
])
const archive = archiveView('backup-2025-01-15', [orders])

describe('describe', () => {
  it('has the lines of the guide, and the time range that the guide pipes to jq, as numbers', () => {
    const report = archiveReport('filesystem ./backups', archive)
    const text = renderReport(report, 'text')
    expect(text.split('\n').slice(0, 10)).toEqual([
      'Backup: backup-2025-01-15',
      '═══════════════════════════════════════',
      '',
      'Time Range:',
      '  Earliest Message:  2024-01-15T10:00:00Z',
      '  Latest Message:    2024-01-15T11:00:00Z',
      '  Restorable:        2024-01-15T10:00:00Z to 2024-01-15T11:00:00Z',
      '',
      'Topics:',
      '  orders  2 partitions  7,002 records  3.0 MB',
    ])
    expect(JSON.parse(renderReport(report, 'json')).time_range).toEqual({
      earliest_timestamp: 1705312800000,
      latest_timestamp: 1705316400000,
      earliest_timestamp_iso: '2024-01-15T10:00:00Z',
      latest_timestamp_iso: '2024-01-15T11:00:00Z',
    })
    expect(parse(renderReport(report, 'yaml'))).toEqual(JSON.parse(renderReport(report, 'json')))
  })

  it('does not guess the earliest message where a section does not know it', () => {
    const lazy = topicState('a', [lineage('a', 0, [{ offsets: [0n, 5n], times: [null, to] }])])
    const report = archiveReport('s', archiveView('b', [orders, lazy]))
    expect(renderReport(report, 'text')).toContain('Earliest Message:  not known')
    expect(JSON.parse(renderReport(report, 'json')).time_range.earliest_timestamp).toBeNull()
  })

  it('leaves sections without records out of the time range', () => {
    const empty = topicState('a', [lineage('a', 0, [{ offsets: [0n, 5n], times: [null, null], records: 0 }])])
    const report = archiveReport('s', archiveView('b', [orders, empty]))
    expect(renderReport(report, 'text')).toContain('Earliest Message:  2024-01-15T10:00:00Z')
    expect(renderReport(archiveReport('s', archiveView('b', [empty])), 'text')).toContain('Earliest Message:  none')
  })

  it('keeps the topic of group positions out of the records', () => {
    const offsets = topicState('__consumer_offsets', [
      lineage('__consumer_offsets', 0, [{ offsets: [0n, 9n], times: [0n, 1n] }]),
    ])
    const data = JSON.parse(renderReport(archiveReport('s', archiveView('b', [orders, offsets])), 'json'))
    expect(data).toMatchObject({ total_records: 7002, time_range: { earliest_timestamp: Number(from) } })
    expect(data.topics.map(({ name }: { name: string }) => name)).toEqual(['orders'])
  })

  it('shows lives, gaps and deletion of a topic', () => {
    const twice = topicState('a', [
      lineage('a', 0, [{ offsets: [0n, 5n], times: [from, to] }]),
      lineage('a', 0, [{ offsets: [0n, 5n], times: [from, to] }], 1),
    ])
    const text = renderReport(archiveReport('s', archiveView('b', [{ ...twice, deleted: true }])), 'text')
    expect(text).toContain('a  1 partition  10 records  2.0 MB  deleted at the source, 2 lives')
  })
})

describe('show-offset-mapping without a restore', () => {
  const report = archivedOffsetsReport(archive)

  it('draws the box of the guide, closed on all sides, and explains that there is nothing to map to', () => {
    const lines = renderReport(report, 'text').split('\n')
    const box = lines.slice(0, lines.indexOf(''))
    expect(new Set(box.map((line) => [...line].length)).size).toBe(1)
    expect(box.map((line) => line.trim())).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^║ +OFFSET MAPPING REPORT +║$/),
        expect.stringMatching(/^║ Backup ID: backup-2025-01-15 +║$/),
        expect.stringMatching(/^║ Topic\/Partition │ Source Offset Range │ First Timestamp +│ Last Timestamp +║$/),
        expect.stringMatching(/^║ orders\/0 +│ 1000 - 5000 +│ 2024-01-15 10:00:00 │ 2024-01-15 11:00:00 +║$/),
        expect.stringMatching(/^║ orders\/1 +│ 1500 - 4500 +│ 2024-01-15 10:00:05 │ 2024-01-15 10:59:55 +║$/),
      ]),
    )
    const rest = lines.slice(lines.indexOf('')).join('\n')
    expect(rest).toContain('No restore of this archive has ended yet')
    expect(rest).not.toContain('--to-offset')
  })

  it('gives offsets as text in JSON and YAML, and one row a partition in CSV', () => {
    const data = JSON.parse(renderReport(report, 'json'))
    expect(data.entries[0]).toEqual({
      topic: 'orders',
      partition: 0,
      life: 1,
      source_first_offset: '1000',
      source_last_offset: '5000',
      first_timestamp: '1705312800000',
      last_timestamp: '1705316400000',
    })
    expect(parse(renderReport(report, 'yaml'))).toEqual(data)
    expect(renderReport(report, 'csv').split('\n')).toEqual([
      'topic,partition,life,source_first_offset,source_last_offset,first_timestamp,last_timestamp',
      'orders,0,1,1000,5000,1705312800000,1705316400000',
      'orders,1,1,1500,4500,1705312805000,1705316395000',
    ])
  })

  it('keeps offsets beyond 2^53 exact', () => {
    const huge = 9_007_199_254_740_993n
    const topic = topicState('a', [lineage('a', 0, [{ offsets: [huge, huge + 1n], times: [from, to] }])])
    const mapping = archivedOffsetsReport(archiveView('b', [topic]))
    expect(JSON.parse(renderReport(mapping, 'json')).entries[0].source_first_offset).toBe('9007199254740993')
  })
})

describe('list', () => {
  it('gives one row an archive, in every format', () => {
    const report = archiveList('filesystem ./backups', [{ archive }])
    expect(renderReport(report, 'text')).toContain(
      'backup-2025-01-15  2024-01-15T10:00:00Z  7        1       7,002    3.0 MB',
    )
    expect(renderReport(report, 'csv').split('\n')[1]).toBe(
      'backup-2025-01-15,2024-01-15T10:00:00Z,7,1,7002,3000000,1705312800000,1705316400000,1705312800000,1705316400000,false,',
    )
    expect(JSON.parse(renderReport(report, 'json')).backups).toHaveLength(1)
  })
})

describe('validate-restore', () => {
  const facts = {
    backupId: 'backup-2025-01-15',
    storage: 'filesystem ./backups',
    commit: { sequence: 7, sha256: 'ab'.repeat(32) },
    window: { start: from, end: to },
    resumes: null,
    topics: [
      {
        source: 'orders',
        target: 'orders-recovered',
        preparation: 'create',
        partitions: 2,
        records: 45_234_567,
        exact: true,
        recordsPresent: 0,
        logBytes: 12_500_000_000,
        storedBytes: 3_000_000_000,
        sectionsRead: 156,
        sectionsTotal: 200,
      },
    ],
    partitions: [],
    groups: [
      {
        groupId: 'payment-processor',
        positions: [0, 1, 2, 3, 4, 5].map((partition) => ({
          topic: 'orders',
          partition,
          offset: 7n,
          kind: partition === 0 ? ('at-or-before' as const) : ('exact' as const),
          observedAtMs: to,
          next: null,
        })),
        withoutPosition: [],
        lastMovedAtMs: to,
        isSkipped: false,
        isReported: false,
      },
    ],
    originalHeaders: true,
    hazards: [],
    notes: [],
    blockers: [],
    records: 45_234_567,
    exact: true,
    toJSON: () => ({}),
  } satisfies RestorePlan

  it('draws the box of the restore guide', () => {
    const lines = renderReport(validationReport(facts), 'text').split('\n')
    expect(new Set(lines.map((line) => [...line].length)).size).toBe(1)
    for (const line of [
      '║ Status:         ✓ VALID ',
      '║ Backup ID:      backup-2025-01-15 ',
      '║ Topics to restore:    1 ',
      '║ Segments to process:  156 ',
      '║ Records to restore:   45,234,567 ',
      '║ Bytes to restore:     12.5 GB ',
      '║ From: 2024-01-15 10:00:00 UTC ',
      '║ To:   2024-01-15 11:00:00 UTC ',
      '║ • Original offsets will be stored in message headers ',
      '║ • payment-processor will be set to its 6 archived positions as of 2024-01-15T11:00:00',
    ]) {
      expect(lines.some((drawn) => drawn.startsWith(line))).toBe(true)
    }
  })

  it('says what blocks, with its remedy, and is not valid then', () => {
    const hazard = {
      code: 'KB_HAZARD_RETENTION' as const,
      blocks: true,
      message: 'orders-recovered: 480,112 records are older than retention.ms',
      remedies: [{ option: 'guards.retention' as const, value: 'drop', text: 'leaves them out', isDestructive: false }],
      details: {},
    }
    const report = validationReport({ ...facts, hazards: [hazard], blockers: [hazard], exact: false })
    const text = renderReport(report, 'text')
    expect(text).toContain('✗ BLOCKED (1 blocker)')
    expect(text).toContain('→ restore.guards.retention: drop (leaves them out)')
    expect(text).toContain('Records to restore:   at most 45,234,567')
    expect(JSON.parse(renderReport(report, 'json'))).toMatchObject({
      valid: false,
      records_exact: false,
      time_range: { start: Number(from) },
    })
  })
})
