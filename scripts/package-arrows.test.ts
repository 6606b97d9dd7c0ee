import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { importViolations, manifestViolations } from './import-rules.ts'
import { type Manifest, type PackageImport, readPackages } from './package-imports.ts'

const packages = readPackages(join(fileURLToPath(new URL('..', import.meta.url)), 'packages'))
const manifests = packages.map(({ manifest }) => manifest)

describe('the arrows between the packages', () => {
  it('are looked for in every package', () => {
    expect(manifests.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        '@kbackup/cli',
        '@kbackup/core',
        '@kbackup/kafka-io',
        '@kbackup/storage-azure',
        '@kbackup/storage-fs',
        '@kbackup/storage-gcs',
        '@kbackup/storage-s3',
      ]),
    )
    expect(packages.flatMap(({ imports }) => imports).length).toBeGreaterThan(100)
  })

  it.each(manifests)('point one way in the manifest of $name', (manifest) => {
    expect(manifestViolations(manifest)).toEqual([])
  })

  it.each(packages)('point one way, to public exports only, in the sources of $manifest.name', ({ imports }) => {
    expect(imports.flatMap((found) => importViolations(found, manifests))).toEqual([])
  })
})

describe('the check of the arrows', () => {
  const core: Manifest = { name: '@kbackup/core', exports: { '.': {}, './testing': {} }, dependencies: { snappy: '' } }
  const client: Manifest = {
    name: '@kbackup/kafka-io',
    exports: { '.': {} },
    dependencies: { '@kbackup/core': '', kafkajs: '' },
  }
  const cli: Manifest = { name: '@kbackup/cli', dependencies: { '@kbackup/core': '', '@kbackup/kafka-io': '' } }
  const check = (packageName: string, file: string, specifier: string): readonly string[] => {
    const found: PackageImport = { packageName, file, specifier }
    return importViolations(found, [core, client, cli])
  }

  it.each([
    ['@kbackup/cli', 'src/a.ts', '@kbackup/core'],
    ['@kbackup/cli', 'src/a.ts', '@kbackup/core/testing'],
    ['@kbackup/kafka-io', 'src/a.ts', 'kafkajs'],
    ['@kbackup/kafka-io', 'src/a.test.ts', '@kbackup/core/testing'],
    ['@kbackup/kafka-io', 'src/testing/a.ts', 'vitest'],
    ['@kbackup/core', 'src/a/b.ts', '../c/d.ts'],
    ['@kbackup/core', 'src/a/b.test.ts', '../testing/d.ts'],
    ['@kbackup/core', 'src/a/testing/b.ts', 'fast-check'],
    ['@kbackup/core', 'src/a/b.ts', 'node:fs'],
    ['@kbackup/core', 'src/a/b.ts', 'snappy'],
  ])('lets %s %s import %s', (packageName, file, specifier) => {
    expect(check(packageName, file, specifier)).toEqual([])
  })

  it.each([
    ['@kbackup/core', 'src/a.ts', '@kbackup/kafka-io', /against the arrows/],
    ['@kbackup/kafka-io', 'src/a.ts', '@kbackup/cli', /against the arrows/],
    ['@kbackup/core', 'src/a.ts', 'kafkajs', /core may not know/],
    ['@kbackup/core', 'src/a.ts', '@aws-sdk/client-s3', /core may not know/],
    ['@kbackup/core', 'src/a.ts', 'lodash', /does not declare/],
    ['@kbackup/core', 'src/a/b.ts', '../testing/c.ts', /for tests only/],
    ['@kbackup/core', 'src/a/b.ts', './c.test.ts', /not shipped/],
    ['@kbackup/core', 'src/testing/a.ts', '../b/testing/c.ts', /not shipped/],
    ['@kbackup/core', 'src/testing/a.ts', 'fast-check', /does not declare/],
    ['@kbackup/kafka-io', 'src/a.ts', '@kbackup/core/testing', /for tests only/],
    ['@kbackup/cli', 'src/a.ts', '@kbackup/core/src/archive/commit.ts', /not a public export/],
    ['@kbackup/cli', 'src/a.ts', '../../core/src/index.ts', /outside of the sources/],
  ])('finds that %s %s imports %s', (packageName, file, specifier, complaint) => {
    expect(check(packageName, file, specifier).join()).toMatch(complaint)
  })

  it('finds a Kafka client and an arrow backwards in a manifest', () => {
    const dependencies = { kafkajs: '', '@kbackup/cli': '', snappy: '' }
    expect(manifestViolations({ ...core, dependencies })).toHaveLength(2)
  })
})
