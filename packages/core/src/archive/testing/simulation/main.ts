import { runSeeds } from './simulation-seeds.ts'

// Stacks of errors that are expected, of which there are thousands, cost more than all else.
Error.stackTraceLimit = 0

// Started as a process of its own: `main.ts FIRST STEP COUNT`; prints one line of JSON, with the CPU time it took.
const [first = 1, step = 1, count = 1] = process.argv.slice(2).map(Number)
const outcome = await runSeeds({ first, step, count })
const { user, system } = process.cpuUsage()
process.stdout.write(`${JSON.stringify({ ...outcome, cpuSeconds: (user + system) / 1e6 })}\n`)
