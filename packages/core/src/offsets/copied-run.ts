/** Records of a log that hold again what its own records do: `count` offsets from `copyFirst` on, those from `originalFirst` on. */
export interface CopiedRun {
  readonly copyFirst: bigint
  readonly count: number
  readonly originalFirst: bigint
}

/** The offset behind the last copy of a run. */
export function copyNextOf({ copyFirst, count }: CopiedRun): bigint {
  return copyFirst + BigInt(count)
}

/**
 * The place at which nothing is missed by whoever had read a log with copies up to a position, where only the originals are
 * read: a copy that was not read stands for its original.
 *
 * ```
 * log          0 … 99   100 … 149   150 …        100 … 149 are copies of 0 … 49
 * position     150 and on          as it is      all copies are read
 *              120                 20            its copy is the next one
 *              80                  0             none of the copies is read: 0 … 79 may come again
 * ```
 */
export function firstUnread(copies: readonly CopiedRun[], position: bigint): bigint {
  let first = position
  for (const { copyFirst, count, originalFirst } of copies) {
    const read = position > copyFirst ? position - copyFirst : 0n
    const isRead = read >= BigInt(count)
    if (!isRead && originalFirst + read < first) first = originalFirst + read
  }
  return first
}
