import type { Broker } from '../connection/broker.ts'
import { ProtocolCode } from '../protocol/protocol-code.ts'
import { knownError } from '../protocol/protocol-errors.ts'
import type { Call } from './call.ts'
import { isPassing } from './cluster-client.ts'
import { patienceMs } from './patience.ts'

/** The broker for one item, or the error that says why there is none. */
export type Destination<Item> =
  | { readonly found: true; readonly broker: Broker; readonly item: Item }
  | { readonly found: false; readonly errorCode: number }

/** A question about many items, each of which one broker at a time can answer. */
export interface RoutedQuestion<Item, Located, Answer> {
  readonly items: readonly Item[]
  /** Where each item belongs now, one for one. */
  locate(items: readonly Item[], call: Call): Promise<readonly Destination<Located>[]>
  /** Asks one broker about its items; answers one for one. */
  ask(broker: Broker, items: readonly Located[], call: Call): Promise<readonly Answer[]>
  /** What remains where no broker answered. */
  unanswered(item: Item, errorCode: number): Answer
  errorCode(answer: Answer): number
  /** Drops what was believed of where these items belong. */
  misplaced(items: readonly Item[]): void
}

/**
 * Asks the right broker about each item, all brokers at once, and again where the answer is an error that passes.
 *
 * @returns the last answer about each item, in the order of the items
 * @throws KbackupError `KB_KAFKA_UNAVAILABLE` where no broker answered about any item.
 */
export async function route<Item, Located, Answer>(
  question: RoutedQuestion<Item, Located, Answer>,
  call: Call,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  let pending: readonly Pending<Item>[] = question.items.map((item, index) => ({ item, index }))
  while (pending.length > 0) {
    const round = await askRound(question, pending, call)
    for (const { index, answer } of round.answers) answers[index] = answer
    const nothingLearned = round.failure !== undefined && round.unreached === question.items.length
    const again = round.answers.filter(({ answer }) => passes(question.errorCode(answer)))
    question.misplaced(again.map(({ item }) => item))
    const limitMs = patienceMs(again.map(({ answer }) => question.errorCode(answer)))
    if (again.length > 0 && (await call.budget.wait(limitMs))) {
      pending = again
      continue
    }
    if (nothingLearned) throw round.failure
    break
  }
  return answers
}

interface Pending<Item> {
  readonly item: Item
  readonly index: number
}

interface Answered<Item, Answer> extends Pending<Item> {
  readonly answer: Answer
}

interface Round<Item, Answer> {
  readonly answers: readonly Answered<Item, Answer>[]
  /** Of how many items the broker could not be reached, and the last error of that. */
  readonly unreached: number
  readonly failure: unknown
}

async function askRound<Item, Located, Answer>(
  question: RoutedQuestion<Item, Located, Answer>,
  pending: readonly Pending<Item>[],
  call: Call,
): Promise<Round<Item, Answer>> {
  const destinations = await question.locate(
    pending.map(({ item }) => item),
    call,
  )
  const { byBroker, homeless } = groupByBroker(question, pending, destinations)
  const shares = await Promise.all([...byBroker].map((entry) => askBroker(question, entry, call)))
  const failed = shares.filter(({ failure }) => failure !== undefined)
  return {
    answers: [...homeless, ...shares.flatMap(({ answers }) => answers)],
    unreached: failed.reduce((sum, { answers }) => sum + answers.length, 0),
    failure: failed.at(-1)?.failure,
  }
}

interface Share<Item, Located> {
  readonly pending: Pending<Item>[]
  readonly located: Located[]
}

function groupByBroker<Item, Located, Answer>(
  question: RoutedQuestion<Item, Located, Answer>,
  pending: readonly Pending<Item>[],
  destinations: readonly Destination<Located>[],
) {
  const byBroker = new Map<Broker, Share<Item, Located>>()
  const homeless: Answered<Item, Answer>[] = []
  for (const [position, entry] of pending.entries()) {
    const destination = destinations[position]
    if (destination?.found !== true) {
      const errorCode = destination?.errorCode ?? ProtocolCode.unknownServerError
      homeless.push({ ...entry, answer: question.unanswered(entry.item, errorCode) })
      continue
    }
    const share = byBroker.get(destination.broker) ?? { pending: [], located: [] }
    share.pending.push(entry)
    share.located.push(destination.item)
    byBroker.set(destination.broker, share)
  }
  return { byBroker, homeless }
}

async function askBroker<Item, Located, Answer>(
  question: RoutedQuestion<Item, Located, Answer>,
  [broker, { pending, located }]: readonly [Broker, Share<Item, Located>],
  call: Call,
): Promise<{ readonly answers: readonly Answered<Item, Answer>[]; readonly failure?: unknown }> {
  const unanswered = ({ item }: Pending<Item>, code: number) => question.unanswered(item, code)
  try {
    const said = await question.ask(broker, located, call)
    const answers = pending.map((entry, position) => {
      return { ...entry, answer: said[position] ?? unanswered(entry, ProtocolCode.unknownServerError) }
    })
    return { answers }
  } catch (failure) {
    if (!isPassing(failure)) throw failure
    return {
      answers: pending.map((entry) => ({ ...entry, answer: unanswered(entry, ProtocolCode.networkException) })),
      failure,
    }
  }
}

function passes(errorCode: number): boolean {
  return errorCode !== 0 && knownError(errorCode).retriable
}
