import { bundledZstd } from './zstd-bundled.ts'
import { nodeZstd } from './zstd-node.ts'

/** Node's own Zstandard where it has one (22.15 and later), the bundled one elsewhere. */
export const zstdCodec = nodeZstd() ?? bundledZstd
