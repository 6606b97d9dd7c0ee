import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

const DIRECTORY = fileURLToPath(new URL('..', import.meta.url))

/**
 * The worker as plain JavaScript: what loads TypeScript on the fly would add some 50 MiB, and CPU time of its own, to
 * what is measured. The packages stay what they are, as built.
 */
export async function builtWorker(): Promise<string> {
  const outDir = `${DIRECTORY}dist/bench`
  await build({
    entry: { worker: `${DIRECTORY}bench/worker.ts` },
    tsconfig: `${DIRECTORY}tsconfig.json`,
    external: [/^@kbackup\//, '@mongodb-js/zstd'],
    format: 'esm',
    target: 'node20',
    outDir,
    outExtension: () => ({ js: '.mjs' }),
    config: false,
    silent: true,
  })
  return `${outDir}/worker.mjs`
}
