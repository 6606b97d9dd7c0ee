import { tryDamages } from './damage-trials.ts'

// Started as a process of its own: `damage-main.ts FIRST STEP LIMIT SEED`; prints one line of JSON, with its peak memory.
const [first = 0, step = 1, limit = 1, seed = 1] = process.argv.slice(2).map(Number)
const report = await tryDamages({ first, step, limit, seed })
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024)
process.stdout.write(`${JSON.stringify({ ...report, peakRssMiB })}\n`)
