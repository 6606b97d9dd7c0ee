import { type Mutation, mutation } from './mutation.ts'

const STREAM_PRODUCER = 'restore/stream-producer.ts'
const STREAM_LOCATOR = 'restore/stream-locator.ts'
const RESTORE_START = 'restore/restore-start.ts'
const ANCHORS = '    anchors,\n    isFresh: prepared === undefined,\n'

/**
 * After some answers that a batch is out of order a restore looks for itself, whatever the leader says: a rule behind
 * the rules.
 */
const NO_DOUBT = {
  file: 'restore/stream-restorer.ts',
  text: 'isInDoubt: attempt === ATTEMPTS_BEFORE_DOUBT',
  replacement: 'isInDoubt: attempt < 0',
}

/**
 * Rules 1 to 3 of restoring exactly once; with any of them switched off, the restores that are killed in memory must
 * fail.
 */
export const RESTORE_RULES: readonly Mutation[] = [
  mutation('the journal holds the producer ids before the first record is produced', RESTORE_START, [
    "  await start.journal.append({ type: 'prepared', anchors }, options.signal)\n",
    '',
  ]),
  mutation('a stream keeps its producer id', RESTORE_START, [
    ANCHORS,
    `    anchors: await Promise.all(
      anchors.map(async (anchor) => ({ ...anchor, producer: await options.cluster.allocateProducerId({ signal: options.signal }) })),
    ),
    isFresh: prepared === undefined,
`,
  ]),
  mutation('a stream keeps its producer epoch', RESTORE_START, [
    ANCHORS,
    `    anchors: anchors.map((anchor) => ({ ...anchor, producer: { ...anchor.producer, producerEpoch: begun.entries.length } })),
    isFresh: prepared === undefined,
`,
  ]),
  mutation('the sequence of a record is its ordinal in its stream', 'restore/packed-stream.ts', [
    'sequenceOfOrdinal(from.ordinal)',
    'sequenceOfOrdinal(0)',
  ]),
  mutation('whoever goes on asks the leader of the target first', 'restore/stream-restorer.ts', [
    'let mustAsk = !isFresh',
    'let mustAsk = isFresh && !isFresh',
  ]),
  {
    rule: 'a restore goes on behind the last sequence that the leader knows',
    edits: [
      {
        file: STREAM_LOCATOR,
        text: 'return ordinalOfSequence(producer.lastSequence, near) + 1',
        replacement: 'return near',
      },
      NO_DOUBT,
    ],
  },
  mutation('an error about the order of sequences means to ask again', 'restore/produce-outcome.ts', [
    'new Set([45, 46, 59])',
    'new Set([46, 59])',
  ]),
  {
    rule: 'no more than five batches are in flight',
    edits: [
      {
        file: STREAM_PRODUCER,
        text: 'const MAX_BATCHES_IN_FLIGHT = 5',
        replacement: 'const MAX_BATCHES_IN_FLIGHT = 50',
      },
      {
        file: 'restore/produce-dispatcher.ts',
        text: 'const MAX_REQUESTS_IN_FLIGHT = 5',
        replacement: 'const MAX_REQUESTS_IN_FLIGHT = 50',
      },
    ],
  },
  mutation('the first batch of a stream goes alone', STREAM_PRODUCER, ['let limit = 1\n', 'let limit = 5\n']),
  mutation('where the leader does not know the producer, the target is searched', STREAM_LOCATOR, [
    'if (next === acknowledged && !isInDoubt) return\n',
    'if ((next === undefined || next === acknowledged) && !isInDoubt) return\n',
  ]),
  {
    rule: 'where the leader is behind what it acknowledged, the target is searched',
    edits: [
      {
        file: STREAM_LOCATOR,
        text: 'if (next === acknowledged && !isInDoubt) return\n',
        replacement: 'if (next !== undefined && next <= acknowledged) return\n',
      },
      NO_DOUBT,
    ],
  },
  {
    rule: 'the target is searched from where the restore began',
    edits: [
      {
        file: STREAM_LOCATOR,
        text: 'if (next === undefined || next < acknowledged || isInDoubt) progress.startOver()\n',
        replacement: '',
      },
      {
        file: STREAM_LOCATOR,
        text: 'if (found.endOffset < targetOffset) {\n',
        replacement: 'if (found.endOffset < 0n) {\n',
      },
    ],
  },
]
