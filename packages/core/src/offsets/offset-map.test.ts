import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { OffsetMap, OffsetTranslation } from './offset-map.ts'
import { OffsetMapBuilder, type OffsetMapStreamStart } from './offset-map-builder.ts'
import type { OffsetRun } from './offset-run-list.ts'
import { readOffsetMap } from './read-offset-map.ts'

const source = { topic: 'orders', partition: 3 }
const target = { topic: 'restored.orders', partition: 0 }
const start: OffsetMapStreamStart = {
  source,
  target,
  archived: { startOffset: 5n, nextOffset: 30n },
  windowed: true,
  targetStart: 0n,
}

const run = (sourceFirst: number, sourceLast: number, targetFirst: number): OffsetRun => ({
  sourceFirst: BigInt(sourceFirst),
  sourceLast: BigInt(sourceLast),
  targetFirst: BigInt(targetFirst),
})

function mapOf(runs: readonly OffsetRun[], changes: Partial<OffsetMapStreamStart> = {}): OffsetMap {
  const builder = new OffsetMapBuilder()
  const stream = builder.stream({ ...start, ...changes })
  for (const each of runs) stream.add(each)
  return builder.build()
}

function text(translation: OffsetTranslation): string {
  return translation.kind === 'unknown' ? translation.reason : `${translation.kind} ${translation.target.offset}`
}

const at = (map: OffsetMap, offset: number) => text(map.translate({ ...source, offset: BigInt(offset) }))
const example = () => mapOf([run(10, 12, 0), run(15, 16, 3)])

describe('an offset map', () => {
  it('gives a restored record the place at which it stands', () => {
    expect([10, 11, 12, 15, 16].map((offset) => at(example(), offset))).toEqual(
      [0, 1, 2, 3, 4].map((offset) => `exact ${offset}`),
    )
  })

  it('gives a record that was not restored the first restored one after it', () => {
    expect([at(example(), 13), at(example(), 14)]).toEqual(['next 3', 'next 3'])
  })

  it('gives a consumer at the tip of the source the end of the target', () => {
    expect([at(example(), 17), at(example(), 30)]).toEqual(['end 5', 'end 5'])
    expect(at(mapOf([run(5, 29, 100)], { targetStart: 100n }), 30)).toBe('end 125')
  })

  it('says that a position lies before the window, and gives the first restored record', () => {
    expect([at(example(), 0), at(example(), 9)]).toEqual(['before-window 0', 'before-window 0'])
  })

  it('tells what lies before the archive from holes inside of it where nothing was left out by a start', () => {
    const map = mapOf([run(10, 12, 0)], { windowed: false })
    expect([at(map, 4), at(map, 5), at(map, 9)]).toEqual(['before-window 0', 'next 0', 'next 0'])
  })

  it('does not guess about positions beyond the archive or partitions that were not restored', () => {
    expect([at(example(), 31), at(example(), -1)]).toEqual(['beyond-archive', 'beyond-archive'])
    expect(text(example().translate({ topic: 'orders', partition: 4, offset: 1n }))).toBe('not-restored')
  })

  it('ends a stream without a restored record where its target began', () => {
    const map = mapOf([], { targetStart: 77n })
    expect([at(map, 5), at(map, 30), at(map, 31)]).toEqual(['end 77', 'end 77', 'beyond-archive'])
  })

  it('keeps two sources apart that were merged into one target partition', () => {
    const builder = new OffsetMapBuilder()
    const other = { topic: 'orders', partition: 9 }
    builder.stream(start).add(run(10, 11, 0))
    const merged = builder.stream({ ...start, source: other })
    merged.add(run(10, 10, 2))
    builder.stream(start).add(run(12, 12, 3))
    const map = builder.build()
    expect([at(map, 11), at(map, 12), at(map, 30)]).toEqual(['exact 1', 'exact 3', 'end 4'])
    expect(text(map.translate({ ...other, offset: 30n }))).toBe('end 3')
    expect(map.sourceOf({ ...target, offset: 2n })).toEqual({ ...other, offset: 10n })
    expect(map.sourceOf({ ...target, offset: 3n })).toEqual({ ...source, offset: 12n })
  })

  it('answers for a repartitioned source with each of its targets, and as one only for a record that has one place', () => {
    const builder = new OffsetMapBuilder()
    builder.stream(start).add(run(10, 10, 0))
    builder.stream({ ...start, target: { ...target, partition: 1 } }).add(run(11, 11, 0))
    const map = builder.build()
    expect([at(map, 10), at(map, 11), at(map, 12)]).toEqual(['exact 0', 'exact 0', 'several-targets'])
    expect(map.translateAll({ ...source, offset: 11n }).map(text)).toEqual(['end 1', 'exact 0'])
  })

  it('does not change with what is added after it was built', () => {
    const builder = new OffsetMapBuilder()
    const stream = builder.stream(start)
    stream.add(run(10, 10, 0))
    const map = builder.build()
    stream.add(run(11, 11, 1))
    expect(at(map, 11)).toBe('end 1')
    expect(at(builder.build(), 11)).toBe('exact 1')
  })
})

describe('acknowledgements', () => {
  it('form one run as long as they continue each other, however many they are', () => {
    const map = mapOf([run(10, 12, 0), run(16, 19, 6), run(13, 15, 3), run(20, 20, 10)])
    expect([...(map.streams[0]?.runs() ?? [])]).toEqual([run(10, 20, 0)])
    expect(map.streams[0]).toMatchObject({ records: 11n, runCount: 1, targetEnd: 11n })
  })

  it('may be given again, whole or in part', () => {
    const map = mapOf([run(10, 12, 0), run(10, 12, 0), run(11, 14, 1), run(10, 11, 0), run(20, 20, 5), run(14, 14, 4)])
    expect([...(map.streams[0]?.runs() ?? [])]).toEqual([run(10, 14, 0), run(20, 20, 5)])
  })

  it.each([
    ['put one record at two places', run(12, 12, 9)],
    ['put one record at two places in part', run(12, 14, 1)],
    ['put two records at one place', run(13, 13, 2)],
    ['put a later record before an earlier one', run(20, 20, 2)],
    ['put an earlier record behind a later one', run(9, 9, 5)],
    ['lie outside of what is archived', run(29, 30, 20)],
    ['lie before what is archived', run(4, 4, 0)],
    ['run backwards', run(14, 13, 20)],
  ])('are refused as a defect when they %s', (_what, wrong) => {
    const builder = new OffsetMapBuilder()
    const stream = builder.stream(start)
    stream.add(run(10, 12, 0))
    const before = JSON.stringify(builder.build())
    expect(() => stream.add(wrong)).toThrow(expect.objectContaining({ code: 'KB_INTERNAL' }))
    expect(JSON.stringify(builder.build())).toBe(before)
  })

  it('are refused when two streams claim the same place or the same record', () => {
    const places = new OffsetMapBuilder()
    places.stream(start).add(run(10, 12, 0))
    places.stream({ ...start, source: { topic: 'x', partition: 0 } }).add(run(10, 10, 2))
    expect(() => places.build()).toThrow(/claim the same offset/)
    const records = new OffsetMapBuilder()
    records.stream(start).add(run(10, 12, 0))
    records.stream({ ...start, target: { topic: 'x', partition: 0 } }).add(run(12, 12, 0))
    expect(() => records.build()).toThrow(/claim the same offset/)
  })
})

/** A stream as a plain table: which source offsets were restored, and in which order of acknowledgement they are told. */
const streams = fc
  .record({
    restored: fc.uniqueArray(fc.integer({ min: 5, max: 60 }), { maxLength: 40 }),
    targetGaps: fc.array(fc.nat({ max: 2 }), { minLength: 40, maxLength: 40 }),
    cuts: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
    order: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
    windowed: fc.boolean(),
    targetStart: fc.nat({ max: 3 }),
  })
  .map(({ restored, targetGaps, cuts, order, ...rest }) => {
    const offsets = restored.toSorted((left, right) => left - right)
    const table = new Map<number, number>()
    let place = rest.targetStart
    for (const [index, offset] of offsets.entries()) {
      place += targetGaps[index] ?? 0
      table.set(offset, place)
      place += 1
    }
    return { ...rest, table, acknowledged: shuffled(acknowledgements(table, cuts), order) }
  })

function acknowledgements(table: ReadonlyMap<number, number>, cuts: readonly boolean[]): readonly OffsetRun[] {
  const runs: OffsetRun[] = []
  let index = 0
  for (const [offset, place] of table) {
    const last = runs.at(-1)
    const continues =
      last !== undefined && Number(last.sourceLast) + 1 === offset && table.get(offset - 1) === place - 1
    if (continues && !(cuts[index] ?? false)) runs[runs.length - 1] = { ...last, sourceLast: BigInt(offset) }
    else runs.push(run(offset, offset, place))
    index += 1
  }
  return runs
}

function shuffled<T>(items: readonly T[], order: readonly number[]): readonly T[] {
  return items
    .map((item, index) => ({ item, rank: order[index] ?? 0 }))
    .toSorted((left, right) => left.rank - right.rank)
    .flatMap(({ item, rank }) => (rank % 3 === 0 ? [item, item] : [item]))
}

type Model = typeof streams extends fc.Arbitrary<infer T> ? T : never

/** The definition, by looking at every offset. */
function expected({ table, windowed, targetStart }: Model, offset: number): string {
  const place = table.get(offset)
  if (offset < 0 || offset > 61) return 'beyond-archive'
  if (place !== undefined) return `exact ${place}`
  const entries = [...table]
  const following = entries.find(([candidate]) => candidate > offset)
  if (following === undefined) return `end ${entries.length === 0 ? targetStart : Math.max(...table.values()) + 1}`
  const first = entries[0] === following
  return `${first && (windowed || offset < 5) ? 'before-window' : 'next'} ${following[1]}`
}

const built = (model: Model) =>
  mapOf(model.acknowledged, {
    archived: { startOffset: 5n, nextOffset: 61n },
    windowed: model.windowed,
    targetStart: BigInt(model.targetStart),
  })
const everyOffset = Array.from({ length: 66 }, (_, index) => index - 2)

describe('for any stream, acknowledged in any order', () => {
  it('each position is translated as the table says, before and after a trip through JSON', () => {
    fc.assert(
      fc.property(streams, (model) => {
        const map = built(model)
        const again = readOffsetMap(JSON.parse(JSON.stringify(map)), 'map.json')
        const wanted = everyOffset.map((offset) => expected(model, offset))
        expect(everyOffset.map((offset) => at(map, offset))).toEqual(wanted)
        expect(everyOffset.map((offset) => at(again, offset))).toEqual(wanted)
      }),
      { numRuns: 300 },
    )
  })

  it('each place in the target leads back to the record that stands there, and to no other', () => {
    fc.assert(
      fc.property(streams, (model) => {
        const map = built(model)
        const back = new Map([...model.table].map(([offset, place]) => [place, offset]))
        const found = everyOffset.map((offset) => map.sourceOf({ ...target, offset: BigInt(offset) })?.offset)
        expect(found.map((offset) => (offset === undefined ? undefined : Number(offset)))).toEqual(
          everyOffset.map((offset) => back.get(offset)),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('the runs are as few as can be', () => {
    fc.assert(
      fc.property(streams, (model) => {
        const fewest = acknowledgements(model.table, []).length
        expect(built(model).streams[0]?.runCount).toBe(fewest)
      }),
    )
  })
})

describe('the JSON form of an offset map', () => {
  const json = (): { readonly format: number; readonly streams: readonly object[] } =>
    JSON.parse(JSON.stringify(example()))

  it('has every offset as a decimal string', () => {
    expect(json()).toEqual({
      format: 1,
      streams: [
        {
          source,
          target,
          part: 0,
          othersFollow: false,
          archived: { startOffset: '5', nextOffset: '30' },
          windowed: true,
          copies: [],
          targetStart: '0',
          targetEnd: '5',
          records: '5',
          runs: [
            ['10', '12', '0'],
            ['15', '16', '3'],
          ],
        },
      ],
    })
  })

  it('keeps what copies stand for', () => {
    const map = mapOf([{ sourceFirst: 10n, sourceLast: 12n, targetFirst: 0n }], {
      copies: [{ copyFirst: 20n, count: 3, originalFirst: 10n }],
    })
    const again = readOffsetMap(JSON.parse(JSON.stringify(map)), 'map.json')
    const answers = [19n, 20n, 22n, 23n].map((offset) => again.translate({ ...source, offset }))
    expect(answers).toEqual([
      { kind: 'found', target: { ...target, offset: 0n } },
      { kind: 'found', target: { ...target, offset: 0n } },
      { kind: 'found', target: { ...target, offset: 2n } },
      { kind: 'end', target: { ...target, offset: 3n } },
    ])
  })

  it('keeps offsets that a double cannot hold', () => {
    const far = 9_007_199_254_740_993n
    const map = mapOf([{ sourceFirst: far, sourceLast: far, targetFirst: far + 2n }], {
      archived: { startOffset: 0n, nextOffset: far + 1n },
    })
    const again = readOffsetMap(JSON.parse(JSON.stringify(map)), 'map.json')
    expect(again.translate({ ...source, offset: far })).toEqual({
      kind: 'exact',
      target: { ...target, offset: far + 2n },
    })
  })

  const stream = (changes: object) => {
    const [first] = json().streams
    return { ...json(), streams: [{ ...first, ...changes }] }
  }
  it.each([
    ['another format', { ...json(), format: 2 }],
    ['an unknown field', { ...json(), extra: 1 }],
    ['an offset as a number', stream({ targetStart: 0 })],
    ['a flag as a text', stream({ windowed: 'true' })],
    ['an offset with leading zeros', stream({ targetStart: '00' })],
    ['an offset beyond 64 bits', stream({ targetEnd: '9223372036854775808' })],
    ['a count that is not that of the runs', stream({ records: '6' })],
    ['an end that lies before that of the runs', stream({ targetEnd: '4' })],
    [
      'runs that continue each other',
      stream({
        runs: [
          ['10', '12', '0'],
          ['13', '14', '3'],
        ],
      }),
    ],
    [
      'runs that overlap',
      stream({
        runs: [
          ['10', '12', '0'],
          ['12', '13', '3'],
        ],
      }),
    ],
    ['a run of two numbers', stream({ runs: [['10', '12']] })],
    ['a missing field', { format: 1 }],
    ['no object', null],
    ['one stream twice', { ...json(), streams: [...json().streams, ...json().streams] }],
  ])('is refused as damage with %s', (_what, value) => {
    const read = () => readOffsetMap(value, 'restores/r1/offset-map.json')
    expect(read).toThrow(expect.objectContaining({ code: 'KB_ARCHIVE_DAMAGED' }))
    expect(read).toThrow(/restores\/r1\/offset-map\.json/)
    expect(read).toThrow(KbackupError)
  })
})
