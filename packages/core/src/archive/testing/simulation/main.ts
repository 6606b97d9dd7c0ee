import { runSeeds } from './simulation-seeds.ts'

// Stacks of errors that are expected, of which there are thousands, cost more than all else.
Error.stackTraceLimit = 0

// Started as a process of its own: `main.ts FIRST STEP COUNT`; prints one line of JSON.
const [first = 1, step = 1, count = 1] = process.argv.slice(2).map(Number)
process.stdout.write(`${JSON.stringify(await runSeeds({ first, step, count }))}\n`)
