import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StreamCheckpoint } from './journal-entries.ts'
import { StreamProgress } from './stream-progress.ts'

const START = { ordinal: 0, sourceOffset: 100n, part: 0, targetOffset: 7n }

interface Batch {
  readonly type: 'batch'
  readonly count: number
  readonly hole: number
}
type Step = Batch | { readonly type: 'startOver' } | { readonly type: 'checkpoint' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('batch' as const),
      count: fc.integer({ min: 1, max: 9 }),
      hole: fc.integer({ min: 0, max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'startOver' as const }) },
  { weight: 3, arbitrary: fc.constant({ type: 'checkpoint' as const }) },
)

/** Restores batches one behind the other; each election that starts the stream over leaves the target elsewhere. */
function work(progress: StreamProgress, steps: readonly Step[]): readonly StreamCheckpoint[] {
  const checkpoints: StreamCheckpoint[] = []
  for (const each of steps) {
    if (each.type === 'startOver') progress.startOver()
    else if (each.type === 'checkpoint')
      checkpoints.push(...[progress.takeCheckpoint(0)].filter((one) => one !== undefined))
    else acknowledge(progress, each)
  }
  return checkpoints
}

function acknowledge(progress: StreamProgress, { count, hole }: Batch): void {
  const { sourceOffset, targetOffset } = progress.position
  const sources = [{ firstOffset: sourceOffset + BigInt(hole), count }]
  progress.acknowledge({ sources, recordCount: count }, targetOffset + BigInt(hole))
}

describe('the progress of a stream', () => {
  it('is the same to a process that reads the journal, however often the stream had to start over', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [worker, reader] = [
          new StreamProgress(START, { isTransformed: false }),
          new StreamProgress(START, { isTransformed: false }),
        ]
        for (const checkpoint of work(worker, [...steps, { type: 'checkpoint' }])) reader.replay(checkpoint)
        expect([reader.position, reader.runs, reader.isDone]).toEqual([worker.position, worker.runs, worker.isDone])
      }),
    )
  })

  it('has nothing to tell twice', () => {
    const progress = new StreamProgress(START, { isTransformed: false })
    acknowledge(progress, { type: 'batch', count: 3, hole: 0 })
    expect(progress.takeCheckpoint(4)).toMatchObject({ stream: 4, ackedOrdinals: 3, startsOver: false, done: false })
    expect(progress.takeCheckpoint(4)).toBeUndefined()
    progress.startOver()
    expect(progress.takeCheckpoint(4)).toMatchObject({ ackedOrdinals: 0, startsOver: true, runs: [] })
    progress.finish()
    expect(progress.takeCheckpoint(4)).toMatchObject({ startsOver: false, done: true })
  })
})
