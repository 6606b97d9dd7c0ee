import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import type { Manifest, PackageImport } from './package-imports.ts'

/** What each package may import of this workspace: `cli → {kafka-io, storage-*} → core`. */
const ARROWS: readonly { readonly from: RegExp; readonly to: RegExp }[] = [
  { from: /^@kbackup\/core$/, to: /^$/ },
  { from: /^@kbackup\/(kafka-io|storage-[a-z0-9]+)$/, to: /^@kbackup\/core$/ },
  { from: /^@kbackup\/cli$/, to: /^@kbackup\/(core|kafka-io|storage-[a-z0-9]+)$/ },
]

/** Kafka clients and cloud SDKs, none of which core may know. */
const OUTSIDE_CORE =
  /^(kafkajs|node-rdkafka|@confluentinc\/.*|@platformatic\/kafka|@aws-sdk\/.*|@google-cloud\/.*|@azure\/.*)$/

/** Whether the arrows between the packages let one know another. */
export function arrowAllows(from: string, to: string): boolean {
  return ARROWS.some((arrow) => arrow.from.test(from) && arrow.to.test(to))
}

/** What is wrong with the dependencies that a manifest declares, one sentence each. */
export function manifestViolations(manifest: Manifest): readonly string[] {
  const { name, dependencies = {}, peerDependencies = {} } = manifest
  return Object.keys({ ...dependencies, ...peerDependencies }).flatMap((dependency) => {
    if (dependency.startsWith('@kbackup/') && !arrowAllows(name, dependency))
      return [`${name} depends on ${dependency}`]
    if (name === '@kbackup/core' && OUTSIDE_CORE.test(dependency)) return [`${name} depends on ${dependency}`]
    return []
  })
}

/** What is wrong with an import, one sentence each. */
export function importViolations(found: PackageImport, manifests: readonly Manifest[]): readonly string[] {
  const where = `${found.packageName}/${found.file} imports ${found.specifier}`
  if (isBuiltin(found.specifier)) return []
  if (found.specifier.startsWith('.')) return relativeViolations(found).map((why) => `${where}, ${why}`)
  return packageViolations(found, manifests).map((why) => `${where}, ${why}`)
}

function relativeViolations({ file, specifier }: PackageImport): readonly string[] {
  const target = posix.join(posix.dirname(file), specifier)
  if (!target.startsWith('src/')) return ['which lies outside of the sources of the package']
  if (isDevelopment(target) && !isDevelopment(file)) return ['which is not shipped']
  if (isTestCode(target) && !isTestCode(file)) return ['which is for tests only']
  return []
}

function packageViolations(found: PackageImport, manifests: readonly Manifest[]): readonly string[] {
  const { packageName, file, specifier } = found
  const imported = packageOf(specifier)
  const violations: string[] = []
  if (!declared(manifests, found).includes(imported)) violations.push('which its manifest does not declare')
  if (packageName === '@kbackup/core' && OUTSIDE_CORE.test(imported)) violations.push('which core may not know')
  if (!imported.startsWith('@kbackup/')) return violations
  // The command line proves a user's store with the contract that `@kbackup/core/testing` ships.
  const mayTest = isTestCode(file) || packageName === '@kbackup/cli'
  if (!arrowAllows(packageName, imported)) violations.push('against the arrows between the packages')
  if (specifier.endsWith('/testing') && !mayTest) violations.push('which is for tests only')
  if (!exported(manifests, specifier)) violations.push('which is not a public export')
  return violations
}

function declared(manifests: readonly Manifest[], { packageName, file }: PackageImport): readonly string[] {
  const manifest = manifests.find(({ name }) => name === packageName)
  // The root of the workspace brings vitest and fast-check for the tests beside the code.
  const isShipped = !isTestCode(file) || (!isDevelopment(file) && './testing' in (manifest?.exports ?? {}))
  const development = isShipped ? {} : { ...manifest?.devDependencies, vitest: '', 'fast-check': '' }
  return Object.keys({ ...manifest?.dependencies, ...manifest?.peerDependencies, ...development })
}

function exported(manifests: readonly Manifest[], specifier: string): boolean {
  const name = packageOf(specifier)
  const exports = manifests.find((manifest) => manifest.name === name)?.exports ?? {}
  return `.${specifier.slice(name.length)}` in exports
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** Tests, and the `testing` folders beside what they test. */
function isDevelopment(file: string): boolean {
  return file.endsWith('.test.ts') || /^src\/.+\/testing\//.test(file)
}

/** `src/testing` is shipped where it is exported, for the tests of users. */
function isTestCode(file: string): boolean {
  return isDevelopment(file) || file.startsWith('src/testing/')
}
