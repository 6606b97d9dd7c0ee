import { type Mutation, mutation } from './mutation.ts'

/** What vouches for bytes; with any of it switched off, the tests with damaged archives must fail. */
export const DIGEST_RULES: readonly Mutation[] = [
  mutation('a block is held to its checksum in the index', 'archive/section-reader.ts', [
    'if (crc32c(stored) === block.crc32c) return',
    'if (crc32c(stored) >= 0) return',
  ]),
  mutation('the index of a section is held to its digest in the commit', 'archive/section-reader.ts', [
    'if (sha256Hex(frame) === sha256) return frame',
    'if (sha256.length > 0) return frame',
  ]),
  mutation('the directory of a bundle carries its digest', 'archive/bundle.ts', [
    'if (frameLength !== frame.length || sha256 !== sha256Hex(vouched))',
    'if (frameLength !== frame.length)',
  ]),
  mutation('a JSON object ends in the digest of what precedes it', 'archive/json-object.ts', [
    'seal === `${DIGEST_FIELD}${sha256Hex(vouched)}${TAIL}`',
    'seal.length > 0',
  ]),
]
