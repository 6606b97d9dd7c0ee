import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Options } from 'tsup'
import { guardWithParent } from './parent-guard.ts'

const TSCONFIG = fileURLToPath(new URL('../../tsconfig.json', import.meta.url))

const built = new Map<string, Promise<string>>()

/**
 * A program of the harness as plain JavaScript, the sources of our packages included: it starts in a quarter of the time
 * that loading TypeScript on the fly takes, which counts where a test starts dozens of processes.
 *
 * Built once by each process that asks, into a folder that goes away with it.
 */
export function builtProgram(source: string): Promise<string> {
  const known = built.get(source) ?? buildProgram(source)
  built.set(source, known)
  return known
}

async function buildProgram(source: string): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'kbackup-program-'))
  guardWithParent({ remove: outDir })
  const name = basename(source, '.ts')
  await build({
    entry: { [name]: source },
    tsconfig: TSCONFIG,
    format: 'esm',
    target: 'node20',
    outDir,
    outExtension: () => ({ js: '.mjs' }),
    noExternal: [/.*/],
    esbuildPlugins: [keepForeignPackages],
    esbuildOptions(options) {
      options.platform = 'node'
      options.conditions = ['@kbackup/source']
      options.mainFields = ['main']
    },
    config: false,
    silent: true,
  })
  return join(outDir, `${name}.mjs`)
}

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

const RESOLVED = 'resolved'

/** Packages that are not ours stay where they are, by their full path: the built program lies in no package. */
const keepForeignPackages: Plugin = {
  name: 'keep-foreign-packages',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, resolveDir, importer, kind }) => {
      if (pluginData === RESOLVED || path.startsWith('node:') || path.startsWith('@kbackup/')) return undefined
      const found = await resolve(path, { resolveDir, importer, kind, pluginData: RESOLVED })
      return found.path.startsWith('/') ? { path: found.path, external: true } : undefined
    })
  },
}
