import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'

/** Why a commit cannot follow the commits before it; the caller knows whose fault that is. */
export class FoldFault {
  readonly what: string

  constructor(what: string) {
    this.what = what
  }
}

export function partitionFault(partition: TopicPartition, what: string): FoldFault {
  return new FoldFault(`partition ${partitionName(partition)} ${what}`)
}
