import { z } from 'zod'
import { optionalKey } from './config-key.ts'
import { choice, duration, size, text, wholeNumber } from './value-schemas.ts'

export const COMPRESSIONS = ['zstd', 'lz4', 'none'] as const

/** The section `backup`. */
export function backupSchema() {
  return z.strictObject({
    compression: optionalKey(choice(COMPRESSIONS), {
      description: 'How blocks are compressed; batches that producers compressed already are stored as they are.',
      type: 'word',
      values: COMPRESSIONS,
      default: '`zstd`',
    }),
    compression_level: optionalKey(wholeNumber(1, 22), {
      description: 'The level of `zstd`; a level that the codec at hand cannot honour is an error.',
      type: 'whole number',
      default: "the codec's own",
    }),
    segment_max_bytes: optionalKey(size(1), {
      description: 'A segment is closed when it has this size.',
      type: 'size',
      default: '134217728 (128 MiB)',
    }),
    segment_max_interval_ms: optionalKey(wholeNumber(1), {
      description: 'A segment is closed when it is this old, in milliseconds.',
      type: 'whole number',
      default: '60000',
    }),
    checkpoint_interval_secs: optionalKey(wholeNumber(1), {
      description:
        'How often a run commits what it has stored, in seconds; a run that is killed goes on from its last commit.',
      type: 'whole number',
      default: '5',
    }),
    commit_interval: optionalKey(duration(), {
      description:
        'The same with a unit, such as `500ms`; give one of the two. The least time between two commits: records count from the next commit after their segment is closed or bundled, so that segments that are large and old keep them waiting.',
      type: 'duration',
    }),
    max_memory_bytes: optionalKey(size(4 * 1024 * 1024), {
      description: 'Bounds all buffers of a run together.',
      type: 'size',
      default: '`128MiB`',
    }),
    consumer_groups: optionalKey(z.union([choice(['all', 'none']), z.array(text())]), {
      description: 'The consumer groups whose positions go into the archive: `all`, `none`, or their names.',
      type: '`all`, `none`, or a list of text',
      default: '`all`',
    }),
    index_timestamps: optionalKey(choice(['exact', 'lazy']), {
      description:
        'Whether the least timestamp of each block is computed (`exact`), or left open where that would mean ' +
        'decompressing (`lazy`: cheaper backups, restores of a window read more).',
      type: 'word',
      values: ['exact', 'lazy'],
      default: '`exact`',
    }),
    continuous: optionalKey(z.boolean(), {
      description: 'Whether the backup goes on until it is stopped; without it a run takes what is there and ends.',
      type: 'true or false',
      default: '`false`',
      later: 'continuous backup',
      accepts: [false],
    }),
    include_offset_headers: optionalKey(z.boolean(), {
      description:
        'Accepted from other tools. Positions are kept in the archive either way, and records stay as they are.',
      type: 'true or false',
      note: 'positions are kept without it, and no header is added to any record',
    }),
  })
}

export type BackupConfig = z.output<ReturnType<typeof backupSchema>>
