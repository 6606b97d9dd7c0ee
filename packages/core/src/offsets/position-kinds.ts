import type { GroupPositionAt } from './group-positions.ts'

/** What is meant by how well a position is known, in words for people. */
export const POSITION_KINDS: Readonly<Record<GroupPositionAt['kind'], string>> = {
  exact: 'where the group stood at that moment',
  'at-or-before': 'where it was last seen by that moment; whether it moved on until then is not known',
  'at-or-after': 'where it was first seen after that moment; where it stood before is not known',
}
