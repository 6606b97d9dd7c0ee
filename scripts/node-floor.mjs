import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './root.mjs'

/** Ends the process with a clear word where Node is older than `engines` asks for. */
export function requireNode() {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const floor = numbers(engines.node)
  const here = numbers(process.versions.node)
  if (!isOlder(here, floor)) return
  process.stderr.write(`kbackup needs Node ${engines.node}; this is ${process.version}.\n`)
  process.exit(1)
}

/** @param {string} version */
function numbers(version) {
  return (version.match(/\d+/g) ?? []).map(Number)
}

/**
 * @param {readonly number[]} here
 * @param {readonly number[]} floor
 */
function isOlder([major = 0, minor = 0], [floorMajor = 0, floorMinor = 0]) {
  return major < floorMajor || (major === floorMajor && minor < floorMinor)
}
