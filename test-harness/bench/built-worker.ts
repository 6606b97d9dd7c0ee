import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

const DIRECTORY = fileURLToPath(new URL('..', import.meta.url))

/**
 * A worker as plain JavaScript: what loads TypeScript on the fly would add some 50 MiB, and CPU time of its own, to
 * what is measured. The packages stay what they are, as built.
 */
export async function builtWorker(source = 'worker.ts'): Promise<string> {
  const name = basename(source, '.ts')
  const outDir = `${DIRECTORY}dist/bench/${dirname(source)}`
  await build({
    entry: { [name]: `${DIRECTORY}bench/${source}` },
    tsconfig: `${DIRECTORY}tsconfig.json`,
    external: [/^@kbackup\//, '@mongodb-js/zstd', /^@(aws-sdk|azure|google-cloud)\//],
    format: 'esm',
    target: 'node20',
    outDir,
    outExtension: () => ({ js: '.mjs' }),
    config: false,
    silent: true,
  })
  return `${outDir}/${name}.mjs`
}
