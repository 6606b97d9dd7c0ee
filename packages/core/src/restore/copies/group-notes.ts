import { partitionName } from '../../kafka/topic-partition.ts'
import { firstUnread } from '../../offsets/copied-run.ts'
import type { GroupPositionAt } from '../../offsets/group-positions.ts'
import { groupedCount } from '../../text/grouped-count.ts'
import type { PlannedTopic } from '../topic-planning.ts'
import { readableCopies } from './left-out-copies.ts'

const SHOWN_POSITIONS = 3

/** Which groups go on before where they stood, because they had not read copies that are left out. */
export function movedGroupNotes(
  positions: readonly GroupPositionAt[],
  topics: readonly PlannedTopic[],
): readonly string[] {
  const streams = topics.flatMap((topic) => topic.streams)
  const copies = new Map(streams.map(({ source, filter }) => [partitionName(source), readableCopies(filter)]))
  const notes = positions.flatMap((position) => {
    const original = firstUnread(copies.get(partitionName(position)) ?? [], position.offset)
    return original === position.offset ? [] : [movedText(position, original)]
  })
  const more = notes.length - SHOWN_POSITIONS
  return more <= 0
    ? notes
    : [...notes.slice(0, SHOWN_POSITIONS), `${groupedCount(more)} more positions lie before copies that are left out`]
}

function movedText(position: GroupPositionAt, original: bigint): string {
  return (
    `group ${position.groupId} stood at ${position.offset} of ${partitionName(position)}, and had not read copies that are ` +
    `left out: it goes on at their original, offset ${original}, and may read records again`
  )
}
