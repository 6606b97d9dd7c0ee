import type { Options } from 'tsup'

/** How the libraries are built: ESM and CommonJS from one source, with types for both. */
export function libraryBuild(entry: NonNullable<Options['entry']> = ['src/index.ts']): Options {
  return {
    entry,
    format: ['esm', 'cjs'],
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    // Entries share their classes instead of holding one copy each.
    splitting: true,
    sourcemap: true,
    clean: true,
    target: 'node20',
  }
}
