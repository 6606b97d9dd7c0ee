import { describe, expect, it } from 'vitest'
import type { Commit, CommitDraft } from './commit.ts'
import { readCommitObject, writeCommitObject } from './commit-shape.ts'
import { sealJson } from './json-object.ts'
import { createOrders, gapAt, lineageOf, sectionAt } from './testing/commit-fixture.ts'
import { ARCHIVE_ID } from './testing/section-fixture.ts'

const KEY = 'payments/commits/00000000000000000001.json'

const DRAFT: CommitDraft = {
  ...createOrders(2),
  sections: [{ ...sectionAt(lineageOf(0), [0n, 10n]), leaderEpochs: [{ leaderEpoch: 3, startOffset: 0n }] }],
  gaps: [gapAt(lineageOf(1), [0n, 5n])],
  cuts: [
    {
      ...lineageOf(0),
      nextOffset: 10n,
      logStartOffset: 0n,
      lastStableOffset: 10n,
      highWatermark: 12n,
      leaderEpoch: 3,
      observedAtMs: 1_764_000_000_000n,
    },
  ],
  capture: {
    startedAtMs: 1n,
    observedAtMs: 2n,
    offsetsTopicEnds: [{ partition: 7, highWatermark: 40n }],
    groups: [
      {
        groupId: 'payment-processor "1"\u0000',
        type: 'classic',
        protocolType: 'consumer',
        state: 'Stable',
        offsets: [{ topic: 'orders', partition: 0, offset: -1n, leaderEpoch: -1, metadata: null }],
      },
    ],
    unread: ['invoices'],
  },
  drops: ['payments/old'],
}

const COMMIT: Commit = {
  format: 1,
  archiveId: ARCHIVE_ID,
  sequence: 1,
  writerId: 'one',
  nonce: '00112233445566778899aabbccddeeff',
  previousSha256: null,
  committedAtMs: 1_764_000_000_000n,
  unsafeSingleWriter: false,
  ...DRAFT,
}

describe('a commit object', () => {
  it('is read as it was written', () => {
    expect(readCommitObject(writeCommitObject(COMMIT), KEY)).toEqual(COMMIT)
  })

  it.each([
    ['sequence', { sequence: 0 }],
    ['sequence', { sequence: 1.5 }],
    ['archiveId', { archiveId: 'x' }],
    ['previousSha256', { previousSha256: 'AB' }],
    ['committedAtMs', { committedAtMs: 5 }],
    ['unsafeSingleWriter', { unsafeSingleWriter: 0 }],
    ['surprise', { surprise: true }],
    ['sections.0.startOffset', { sections: [{ ...DRAFT.sections[0], startOffset: '-5' }] }],
    ['sections.0.startOffset', { sections: [{ ...DRAFT.sections[0], startOffset: '9223372036854775808' }] }],
    ['sections.0', { sections: [{ ...DRAFT.sections[0], nextOffset: '0' }] }],
    ['sections.0', { sections: [{ ...DRAFT.sections[0], index: { position: 1, length: 1, sha256: 'a'.repeat(64) } }] }],
    ['sections.0', { sections: [{ ...DRAFT.sections[0], records: 11 }] }],
    ['sections.0', { sections: [{ ...DRAFT.sections[0], minTimestamp: '11' }] }],
    ['sections.0.codec', { sections: [{ ...DRAFT.sections[0], codec: 'gzip' }] }],
    ['sections.0.topic', { sections: [{ ...DRAFT.sections[0], topic: '../../etc' }] }],
    ['gaps.0', { gaps: [{ ...DRAFT.gaps[0], nextOffset: '0' }] }],
    ['catalog.0.type', { catalog: [{ type: 'topic-renamed' }] }],
    ['capture.groups', { capture: { startedAtMs: '1', observedAtMs: '2', offsetsTopicEnds: [], groups: {} } }],
  ])('whose field %s cannot be is damage that names the key and the field', (field, change) => {
    const reading = () => readCommitObject(sealJson({ ...COMMIT, ...change }), KEY)
    expect(reading).toThrow(expect.objectContaining({ code: 'KB_ARCHIVE_DAMAGED', details: { key: KEY, field } }))
  })

  it('of a later format is no damage', () => {
    const reading = () => readCommitObject(sealJson({ ...COMMIT, format: 2 }), KEY)
    expect(reading).toThrow(expect.objectContaining({ code: 'KB_ARCHIVE_FORMAT' }))
  })
})
