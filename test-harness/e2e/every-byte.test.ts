import { availableParallelism } from 'node:os'
import { expect, it } from 'vitest'
import { type DamageReport, damageReport } from '../src/damage-report.ts'
import { writeEvidence } from '../src/evidence.ts'

const IS_FULL = process.env.KBACKUP_TEST_SCALE === 'full'
const SAMPLE = 1_000
const SEED = 20_261_129
const PROCESSES = Math.min(8, availableParallelism())
const MAX_RSS_MIB = 256
const TIMEOUT_MS = 7_200_000

/** A process that crashes, or writes anything else, makes the test fail. */
function tryShare(index: number): Promise<DamageReport> {
  const limit = IS_FULL ? Number.MAX_SAFE_INTEGER : Math.ceil(SAMPLE / PROCESSES)
  return damageReport({ first: index, step: PROCESSES, limit, seed: SEED })
}

function sumOf(reports: readonly DamageReport[], count: (report: DamageReport) => number): number {
  return reports.reduce((sum, report) => sum + count(report), 0)
}

it('whatever byte of an archive is flipped, and wherever an object is cut: validation names the object, and no restore gives a wrong record', {
  timeout: TIMEOUT_MS,
}, async () => {
  const reports = await Promise.all(Array.from({ length: PROCESSES }, (_, index) => tryShare(index)))
  expect(reports.flatMap(({ faults }) => faults)).toEqual([])
  const [flips, cuts, missing] = [
    sumOf(reports, (one) => one.flips),
    sumOf(reports, (one) => one.cuts),
    sumOf(reports, (one) => one.missing),
  ]
  const peakRssMiB = Math.max(...reports.map((one) => one.peakRssMiB))
  expect(peakRssMiB).toBeLessThanOrEqual(MAX_RSS_MIB)
  expect(flips + cuts).toBeGreaterThan(SAMPLE / 2)
  const { objects = 0, bytes = 0 } = reports[0] ?? {}
  if (IS_FULL) expect([flips, cuts]).toEqual([bytes, bytes])
  const endings = [...new Set(reports.flatMap(({ restores }) => Object.keys(restores)))].sort()
  await writeEvidence({
    name: 'every-byte',
    what: 'Every byte of every object of a small archive is flipped, every object is cut at every length, and each that something vouches for is taken away; each time the archive is validated (and, where it was cut, validated without reading its data) and restored.',
    figures: {
      objects,
      bytes,
      flips,
      cuts,
      missing,
      validationsThatMissed: 0,
      wrongRecords: 0,
      restores: Object.fromEntries(endings.map((one) => [one, sumOf(reports, ({ restores }) => restores[one] ?? 0)])),
      peakRssMiB,
    },
  })
})
