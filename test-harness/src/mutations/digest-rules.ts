import { type Mutation, mutation } from './mutation.ts'

/** What vouches for bytes; with any of it switched off, the tests with damaged archives must fail. */
export const DIGEST_RULES: readonly Mutation[] = [
  mutation('a block is held to its checksum in the index', 'archive/section-reader.ts', [
    'if (crc32c(stored) !== block.crc32c) throw',
    'if (crc32c(stored) < 0) throw',
  ]),
  mutation('the index of a section is held to its digest in the commit', 'archive/section-reader.ts', [
    'if (sha256Hex(frame) !== sha256) throw',
    'if (frame.length === 0 && sha256 === undefined) throw',
  ]),
  mutation('the directory of a bundle carries its digest', 'archive/bundle.ts', [
    'if (frameLength !== frame.length || sha256 !== sha256Hex(vouched))',
    'if (frameLength !== frame.length)',
  ]),
  mutation('a JSON object ends in the digest of what precedes it', 'archive/json-object.ts', [
    'seal !== `${DIGEST_FIELD}${sha256Hex(vouched)}${TAIL}`',
    'seal.length === 0',
  ]),
]
