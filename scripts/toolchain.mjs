import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './root.mjs'
import { runStep, say } from './step.mjs'

const PNPM = 'tools/pnpm'

/**
 * Installs the pinned pnpm, and with it the dependencies, where either differs from what is asked for.
 *
 * @returns {Promise<number>} an exit status
 */
export async function prepareToolchain() {
  return (
    (await unlessStamped(`${PNPM}/node_modules`, [`${PNPM}/package-lock.json`], installPnpm)) ||
    (await unlessStamped('node_modules', manifests(), installDependencies))
  )
}

function installPnpm() {
  return runStep('installing pnpm', 'npm', ['ci', '--prefix', PNPM, '--no-audit', '--no-fund', '--loglevel=error'])
}

async function installDependencies() {
  const status = await runStep('installing dependencies', 'pnpm', [
    'install',
    '--frozen-lockfile',
    '--config.confirmModulesPurge=false',
    '--reporter=append-only',
    // The cli's bin cannot be linked before its first build, of which pnpm would warn.
    '--loglevel=error',
  ])
  if (status !== 0)
    say(`after a change of a package.json, bring the lockfile up to date: ${PNPM}/node_modules/.bin/pnpm install`)
  return status
}

/**
 * The stamp is written last, so that an install that was killed is done again.
 *
 * @param {string} directory what the install makes
 * @param {readonly string[]} inputs the files that it follows from
 * @param {() => Promise<number>} install
 */
async function unlessStamped(directory, inputs, install) {
  const stamp = join(ROOT, directory, '.kbackup-stamp')
  const wanted = digest(inputs)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 0
  rmSync(stamp, { force: true })
  const status = await install()
  if (status === 0) writeFileSync(stamp, wanted)
  return status
}

/** @param {readonly string[]} files */
function digest(files) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.versions.modules}`)
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(ROOT, file)))
  return hash.digest('hex')
}

function manifests() {
  const packages = workspaceFolders().map((folder) => `${folder}/package.json`)
  return [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    ...packages.filter((path) => existsSync(join(ROOT, path))),
  ]
}

/** The folders that `packages` in pnpm-workspace.yaml names, each `folder` or `folder/*`. */
function workspaceFolders() {
  const [, list = ''] =
    readFileSync(join(ROOT, 'pnpm-workspace.yaml'), 'utf8').match(/^packages:\n((?: +- .+\n)+)/m) ?? []
  const patterns = [...list.matchAll(/- ["']?([^"'\n]+)["']?/g)].map(([, pattern = '']) => pattern)
  return patterns.flatMap((pattern) => (pattern.endsWith('/*') ? childFolders(pattern.slice(0, -2)) : [pattern]))
}

/** @param {string} parent */
function childFolders(parent) {
  if (!existsSync(join(ROOT, parent))) return []
  return readdirSync(join(ROOT, parent))
    .sort()
    .map((name) => `${parent}/${name}`)
}
