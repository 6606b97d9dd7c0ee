#!/usr/bin/env node
// The one entry behind the npm scripts. It needs nothing but Node, so that each script works on a fresh clone.
import { requireNode } from './node-floor.mjs'
import { runTask, TASK_NAMES } from './tasks.mjs'

const [name, ...args] = process.argv.slice(2)

if (name === undefined || !TASK_NAMES.includes(name)) {
  process.stderr.write(`usage: node scripts/run.mjs <${TASK_NAMES.join('|')}> [arguments]\n`)
  process.exitCode = 2
} else {
  requireNode()
  // Ctrl-C reaches the children too, since they share the terminal; the runner stays to report how they ended.
  process.on('SIGINT', () => undefined)
  process.exitCode = await runTask(name, args)
}
