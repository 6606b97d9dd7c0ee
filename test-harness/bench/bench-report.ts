import type { BenchCase, BenchSample } from './bench-sample.ts'

/** The samples of one case, one a round. */
export interface CaseSamples {
  readonly benchCase: BenchCase
  readonly samples: readonly BenchSample[]
}

/** The medians of a case, and how many times as fast it is as what it is compared with. */
export interface CaseFigures {
  readonly name: string
  readonly seconds: number
  readonly megabytesPerSecond: number
  readonly recordsPerSecond: number | undefined
  readonly cpuSeconds: number | undefined
  readonly brokerCpuSeconds: number | undefined
  readonly peakRssMiB: number | undefined
  readonly ratios: Readonly<Record<string, number>>
}

export function caseFigures(measured: readonly CaseSamples[]): readonly CaseFigures[] {
  return measured.map(({ benchCase, samples }) => {
    const { name, valueBytes, records, comparedWith = [] } = benchCase
    const seconds = median(samples.map((sample) => sample.seconds)) ?? Number.NaN
    const references = measured.filter((other) => comparedWith.includes(other.benchCase.name))
    return {
      name,
      seconds,
      megabytesPerSecond: valueBytes / 1e6 / seconds,
      recordsPerSecond: records === undefined ? undefined : records / seconds,
      cpuSeconds: medianOf(samples, 'cpuSeconds'),
      brokerCpuSeconds: medianOf(samples, 'brokerCpuSeconds'),
      peakRssMiB: medianOf(samples, 'peakRssMiB'),
      ratios: Object.fromEntries(
        references.map((other) => [other.benchCase.name, pairedRatio(samples, other.samples)]),
      ),
    }
  })
}

/** A Markdown table of the figures. */
export function figuresTable(figures: readonly CaseFigures[]): string {
  const rows = figures.map((row) => [
    row.name,
    row.seconds.toFixed(2),
    row.megabytesPerSecond.toFixed(0),
    row.recordsPerSecond?.toFixed(0) ?? '–',
    row.cpuSeconds?.toFixed(2) ?? '–',
    row.brokerCpuSeconds?.toFixed(2) ?? '–',
    row.peakRssMiB?.toFixed(0) ?? '–',
    Object.entries(row.ratios)
      .map(([name, ratio]) => `${ratio.toFixed(2)} × ${name}`)
      .join('; '),
  ])
  return table([['case', 'seconds', 'MB/s', 'records/s', 'CPU s', 'broker CPU s', 'peak RSS MiB', 'speed'], ...rows])
}

/** Compared round by round, since what was measured one after the other shared the state of the machine. */
function pairedRatio(samples: readonly BenchSample[], references: readonly BenchSample[]): number {
  return median(samples.map(({ seconds }, round) => (references[round]?.seconds ?? Number.NaN) / seconds)) ?? Number.NaN
}

function medianOf(samples: readonly BenchSample[], field: 'cpuSeconds' | 'brokerCpuSeconds' | 'peakRssMiB') {
  return median(samples.flatMap((sample) => sample[field] ?? []))
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]
  const [low, high] = [sorted[middle - 1], sorted[middle]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const isText = (column: number) => column === 0 || column === widths.length - 1
  const padded = (cell: string, column: number) =>
    isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  const line = (cells: readonly string[]) => `| ${cells.map(padded).join(' | ')} |`
  const rule = widths.map((width, column) => (isText(column) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  const [header = [], ...body] = rows
  return [line(header), line(rule), ...body.map(line)].join('\n')
}
