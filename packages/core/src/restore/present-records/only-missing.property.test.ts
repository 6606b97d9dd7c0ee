import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KafkaRecord } from '../../kafka/kafka-record.ts'
import type { OffsetMap } from '../../offsets/offset-map.ts'
import { readStoredMap } from '../../offsets/stored-offset-map.ts'
import type { TestRecord } from '../../testing/memory-kafka/test-record.ts'
import { targetPositions } from '../merged-positions.ts'
import { archiveOf, NOW, onlyMissing, orders, RESTORE_ID, targetOf } from '../testing/only-missing-scene.ts'
import { recordsAt } from '../testing/restored-state.ts'

/** All that makes a record, without the headers that a restore adds. */
function contentOf({ key, value, headers, timestamp }: Pick<KafkaRecord, 'key' | 'value' | 'headers' | 'timestamp'>) {
  const own = headers.filter(([name]) => !String(name).startsWith('x-original-'))
  return JSON.stringify([String(key), String(value), own.map(String), String(timestamp)])
}

function countsOf(contents: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const content of contents) counts.set(content, (counts.get(content) ?? 0) + 1)
  return counts
}

/** Where each archived record stands, by the offset map. */
function placesIn(map: OffsetMap, archived: readonly KafkaRecord[]): readonly bigint[] {
  return archived.map(({ offset }) => {
    const found = map.translate({ ...orders, offset })
    if (found.kind !== 'exact') throw new Error(`${offset} is ${found.kind}`)
    return found.target.offset
  })
}

/** Few contents, so that many records are equal in everything. */
const record = fc.record({ key: fc.constantFrom('a', 'b'), value: fc.constantFrom('x', 'y', null), time: fc.nat(1) })
const asRecord = ({ key, value, time }: { key: string; value: string | null; time: number }): TestRecord => ({
  key,
  value,
  timestamp: BigInt(NOW - 10 + time),
})
const scene = fc.record({
  archived: fc.array(fc.array(record, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 }),
  /** Of the archived records in their order: whether it stands in the target, and whether another one before it. */
  kept: fc.infiniteStream(fc.record({ isKept: fc.boolean(), other: fc.boolean(), later: fc.boolean() })),
  originalHeaders: fc.boolean(),
})

test('leaves each record of the archive in the target as often as it is archived, or was there, and nothing else', {
  timeout: 180_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(scene, async ({ archived, kept, originalHeaders }) => {
      const at = await archiveOf(archived.map((batch) => batch.map(asRecord)))
      const [early, late]: [TestRecord[], TestRecord[]] = [[], []]
      for (const each of archived.flat()) {
        const { value: fate } = kept.next()
        if (fate.other) early.push({ key: 'other', value: 'z' })
        if (fate.isKept) (fate.later ? late : early).push(asRecord(each))
      }
      const target = await targetOf([...early, ...late].map((each) => [each]))
      const before = await recordsAt(target, orders)
      const source = await recordsAt(at.source, orders)

      const restore = onlyMissing(at, target, { originalHeaders })
      const plan = await restore.plan()
      const receipt = await restore.run()

      const after = await recordsAt(target, orders)
      expect(after.slice(0, before.length).map(contentOf)).toEqual(before.map(contentOf))
      const [wanted, had] = [countsOf(source.map(contentOf)), countsOf(before.map(contentOf))]
      const meant = new Map(had)
      for (const [content, count] of wanted) meant.set(content, Math.max(count, had.get(content) ?? 0))
      expect(countsOf(after.map(contentOf))).toEqual(meant)

      const missing = after.length - before.length
      expect(plan.topics[0]).toMatchObject({ records: missing, recordsPresent: source.length - missing })
      expect(receipt).toMatchObject({ records: missing, recordsPresent: source.length - missing, recordsSkipped: 0 })

      const map = await readStoredMap({ store: at.storage, backupId: 'b' }, RESTORE_ID, undefined)
      const places = placesIn(map, source)
      expect(new Set(places).size).toBe(source.length)
      const contents = new Map(after.map((each) => [each.offset, contentOf(each)]))
      expect(places.map((place) => contents.get(place))).toEqual(source.map(contentOf))
      const produced = places.filter((place) => place >= BigInt(before.length))
      expect(produced).toEqual(produced.toSorted((left, right) => Number(left - right)))

      for (const [index, { offset }] of source.entries()) {
        const [position] = targetPositions(map, [{ ...orders, offset }])
        const first = places.slice(index).reduce((least, place) => (place < least ? place : least))
        // Others may have come behind what the group had read: it must not pass them by either.
        if (before.length > source.length - missing) expect(position?.offset).toBeLessThanOrEqual(first)
        else expect(position?.offset).toBe(first)
      }

      const again = onlyMissing(at, target, { originalHeaders, newRestoreId: 'r2' })
      expect((await again.run()).records).toBe(0)
    }),
    { numRuns: 25 },
  )
})
