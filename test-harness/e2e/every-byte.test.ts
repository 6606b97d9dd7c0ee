import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { repositoryDirectory } from '../src/cache-directory.ts'
import { writeEvidence } from '../src/evidence.ts'
import { runCommand } from '../src/process/run-command.ts'

const IS_FULL = process.env.KBACKUP_TEST_SCALE === 'full'
const SAMPLE = 1_000
const SEED = 20_261_129
const PROCESSES = Math.min(8, availableParallelism())
const MAX_RSS_MIB = 256
const TIMEOUT_MS = 7_200_000
const PROGRAM = join(repositoryDirectory, 'packages', 'core', 'src', 'restore', 'testing', 'damage-main.ts')

/** What one process says of its share. */
interface Report {
  readonly objects: number
  readonly bytes: number
  readonly flips: number
  readonly cuts: number
  readonly missing: number
  readonly restores: Readonly<Record<string, number>>
  readonly faults: readonly string[]
  readonly peakRssMiB: number
}

/** A process that crashes, or writes anything else, makes the test fail. */
async function tryShare(index: number): Promise<Report> {
  const limit = IS_FULL ? Number.MAX_SAFE_INTEGER : Math.ceil(SAMPLE / PROCESSES)
  const share = [index, PROCESSES, limit, SEED].map(String)
  const args = ['--conditions=@kbackup/source', '--import', 'tsx', PROGRAM, ...share]
  const { stdout } = await runCommand(process.execPath, args)
  return readReport(JSON.parse(stdout))
}

function readReport(value: unknown): Report {
  if (isReport(value)) return value
  throw new Error('the process said something else')
}

function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'faults' in value && 'peakRssMiB' in value
}

function sumOf(reports: readonly Report[], count: (report: Report) => number): number {
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
