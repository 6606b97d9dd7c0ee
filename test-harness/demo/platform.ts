import type { KafkaCluster, TopicPartition } from '@kbackup/core'
import type { PaymentRecord } from './payments.ts'

/** A record with the place it was read from. */
export interface ReadRecord extends PaymentRecord {
  readonly offset: bigint
}

/** A committed position, and when it was on its way; the broker stamped it in between. */
export interface CommittedPosition extends TopicPartition {
  readonly offset: bigint
  readonly sentAtMs: number
  readonly acknowledgedAtMs: number
}

/** What a member of a consumer group does with what it reads. */
export interface ReaderOptions {
  readonly groupId: string
  readonly topics: readonly string[]
  /** Records of one partition, in order; their position is committed afterwards. */
  readonly onRecords: (records: readonly ReadRecord[]) => Promise<void>
  readonly onCommit: (position: CommittedPosition) => void
}

/** A running member of a consumer group. */
export interface Reader {
  /** What ended it before its time. */
  readonly failure: unknown
  /** Leaves the group. */
  stop(): Promise<void>
}

/** What a command left behind. */
export interface CommandOutcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** A cluster as the programs of the story use it, and the command line beside it. */
export interface Platform extends AsyncDisposable {
  /** For people: what the demo runs on. */
  readonly description: string
  /** Whether there is a broker. */
  readonly isReal: boolean
  readonly bootstrapServer: string
  /** For what an administrator would ask. */
  readonly cluster: KafkaCluster
  produce(records: readonly PaymentRecord[]): Promise<void>
  read(options: ReaderOptions): Promise<Reader>
  /** Runs `kbackup` in the folder of the demo. */
  kbackup(args: readonly string[]): Promise<CommandOutcome>
}
