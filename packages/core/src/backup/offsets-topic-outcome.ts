/**
 * Whether the history of positions, the topic `__consumer_offsets`, is archived, so that positions are known at any millisecond.
 *
 * - `archived`: all of it that is stable was archived, or would be.
 * - `other-writer`: another run on the same archive was archiving it at the same time; some or all of its partitions were
 *   left to that run. This one has captured the positions as they are now.
 * - `incomplete`: some of its partitions have no leader. What they hold is archived up to the run before, and the groups that
 *   they keep are at least where they were then; a later run goes on with them.
 * - `absent`: the source has no such topic: no position was ever committed there.
 * - `unreadable`: it may not be described or read. Positions are known as of each run, and within bounds between them.
 * - `not-wanted`: `consumerGroups` is `false`.
 */
export type OffsetsTopicOutcome = 'archived' | 'other-writer' | 'incomplete' | 'absent' | 'unreadable' | 'not-wanted'
