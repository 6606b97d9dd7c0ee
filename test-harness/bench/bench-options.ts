import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { cacheDirectory } from '../src/index.ts'

/** What one run of the benchmarks does. */
export interface BenchOptions {
  /** How often each case is measured; tables show medians. */
  readonly rounds: number
  readonly records: number
  readonly partitions: number
  /** Only cases whose names contain one of these; all where empty. */
  readonly only: readonly string[]
  /** Where the JSON results go; nowhere where absent. */
  readonly out: string | undefined
  /** Blocks that the codec compresses side by side when it is measured alone. */
  readonly codecConcurrency: number
}

const USAGE = `usage: npm run bench -- [--quick] [--rounds N] [--records N] [--only TEXT]… [--out FILE]

  --quick     one round of 20,000 records: whether it works, not how fast it is
  --rounds    how often each case is measured; the table shows medians (5)
  --records   events in each topic (1000000)
  --only      only cases whose names contain the text; may be given several times
  --out       where the results of every round go, as JSON (.cache/bench-results.json)
`

/** Reads the command line; `undefined` where it asks for help or cannot be read, which is then said. */
export function benchOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parsed(args)
  if (values === undefined || values.help) {
    process.stderr.write(USAGE)
    return undefined
  }
  const quick = values.quick === true
  return {
    rounds: positive('rounds', values.rounds ?? (quick ? '1' : '5')),
    records: positive('records', values.records ?? (quick ? '20000' : '1000000')),
    partitions: 4,
    only: values.only ?? [],
    out: values.out ?? (quick ? undefined : cacheDirectory('bench-results.json')),
    codecConcurrency: Math.max(2, cpus().length) * 2,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        rounds: { type: 'string' },
        records: { type: 'string' },
        only: { type: 'string', multiple: true },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    return undefined
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new Error(`--${name} is ${text}: give a whole number above 0`)
}
