import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'

const FIXTURES = new URL('../../fixtures/seeds/', import.meta.url)

const manifestSchema = z.object({
  configurations: z.array(z.object({ file: z.string(), unsupported: z.array(z.string()).optional() })),
})

/** The names of the guides' configurations that are supported, by where the archive of each lies. */
export function supportedConfigurations(place: 'bucket' | 'folder'): readonly string[] {
  const { configurations } = manifestSchema.parse(parse(readFileSync(new URL('manifest.yaml', FIXTURES), 'utf8')))
  return configurations
    .filter(({ file, unsupported }) => unsupported === undefined && isInBucket(file) === (place === 'bucket'))
    .map(({ file }) => file.replace('.yaml', ''))
}

/** A configuration as the guide has it. */
export function guideConfiguration(name: string): Promise<string> {
  return readFile(new URL(`${name}.yaml`, FIXTURES), 'utf8')
}

function isInBucket(file: string): boolean {
  return /^ *backend: s3$/m.test(readFileSync(new URL(file, FIXTURES), 'utf8'))
}
