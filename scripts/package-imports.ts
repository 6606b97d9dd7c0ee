import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

/** One import in a source file of a package; paths are relative to the package. */
export interface PackageImport {
  readonly packageName: string
  readonly file: string
  readonly specifier: string
}

/** The parts of a manifest that say what a package may import and what it offers. */
export interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** A package of the workspace as it lies on disk. */
export interface SourcePackage {
  readonly manifest: Manifest
  readonly imports: readonly PackageImport[]
}

/** Reads the manifest and every import, static or dynamic, of the packages below a folder. */
export function readPackages(parent: string): readonly SourcePackage[] {
  return readdirSync(parent).map((name) => readPackage(join(parent, name)))
}

function readPackage(directory: string): SourcePackage {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest
  const imports = typescriptFiles(join(directory, 'src')).flatMap((path) =>
    specifiersOf(path).map((specifier) => ({
      packageName: manifest.name,
      file: relative(directory, path),
      specifier,
    })),
  )
  return { manifest, imports }
}

function typescriptFiles(directory: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}

function specifiersOf(path: string): readonly string[] {
  return ts.preProcessFile(readFileSync(path, 'utf8'), true, true).importedFiles.map(({ fileName }) => fileName)
}
