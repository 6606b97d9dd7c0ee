import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { ROOT } from './root.mjs'

const HEARTBEAT_MS = 30_000

/**
 * Runs a command in the root of the repository, with its output shown, and says when it is slow.
 *
 * @param {string} what what the step does, for people
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} [env] added to the environment
 * @returns {Promise<number>} the exit status; 128 and the signal's number where a signal ended it
 */
export async function runStep(what, command, args, env = {}) {
  const startedAtMs = Date.now()
  say(what)
  const heartbeat = setInterval(() => say(`${what}: still at it after ${secondsSince(startedAtMs)} s`), HEARTBEAT_MS)
  try {
    return await exitStatus(command, args, { ...toolEnvironment(), ...env })
  } finally {
    clearInterval(heartbeat)
  }
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`▸ ${line}\n`)
}

/** The pinned pnpm comes first, because turbo calls it by name; then the tools that it installed. */
function toolEnvironment() {
  const folders = [join(ROOT, 'tools/pnpm/node_modules/.bin'), join(ROOT, 'node_modules/.bin')]
  return {
    ...process.env,
    PATH: [...folders, process.env.PATH ?? ''].join(delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  }
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
function exitStatus(command, args, env) {
  const child = spawn(command, args, { cwd: ROOT, env, stdio: 'inherit' })
  const forward = () => void child.kill('SIGTERM')
  process.once('SIGTERM', forward)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (status, signal) => {
      process.off('SIGTERM', forward)
      resolve(signal === null ? (status ?? 1) : 128 + constants.signals[signal])
    })
  })
}

/** @param {number} startedAtMs */
function secondsSince(startedAtMs) {
  return Math.round((Date.now() - startedAtMs) / 1_000)
}
