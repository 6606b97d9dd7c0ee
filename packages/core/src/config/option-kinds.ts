/** What an option of the SDK may be. `undefined` leaves an option out, unless it is required. */
export interface OptionKind {
  /** What is accepted, in words, for the hint: `a list of whole numbers`. */
  readonly expected: string
  readonly accepts: (value: unknown) => boolean
  /** The words that are accepted; only these kinds repeat in a message what was given. */
  readonly words?: readonly string[]
  /** The options inside, where the value is an object of options. */
  readonly options?: OptionTable
  /** What each value of a list may be. */
  readonly items?: OptionKind
  readonly isRequired?: boolean
}

/** The options of a call by their names; `satisfies Record<keyof …, OptionKind>` holds a table to its type. */
export type OptionTable = Readonly<Record<string, OptionKind>>

const text: OptionKind = { expected: 'a text', accepts: (value) => typeof value === 'string' }
const number: OptionKind = { expected: 'a number', accepts: isNumber }
const flag: OptionKind = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' }
const callback: OptionKind = { expected: 'a function', accepts: isFunction }
/** What the call itself looks at more closely. */
const anything: OptionKind = { expected: 'a value', accepts: () => true }
const texts = listOf(text, 'a list of texts')
const numbers = listOf(number, 'a list of numbers')
const textRecord: OptionKind = {
  expected: 'an object with texts',
  accepts: (value) => isRecord(value) && Object.values(value).every(text.accepts),
}

/** The kinds that the options of the SDK are made of. */
export const optionKinds = {
  text,
  number,
  flag,
  callback,
  anything,
  texts,
  numbers,
  textRecord,
  record: { expected: 'an object', accepts: isRecord },
  signal: objectWith(['throwIfAborted', 'addEventListener'], 'an AbortSignal'),
  oneOf,
  section,
  listOf,
  either,
  objectWith,
  required,
} as const

/** One of the words that are the names of an object, so that the compiler sees that none is left out. */
function oneOf<Word extends string>(named: Readonly<Record<Word, true>>): OptionKind {
  const words = Object.keys(named)
  return {
    expected: `one of ${words.join(', ')}`,
    accepts: (value) => typeof value === 'string' && words.includes(value),
    words,
  }
}

function section(options: OptionTable): OptionKind {
  return { expected: `an object { ${Object.keys(options).join(', ')} }`, accepts: isRecord, options }
}

function either(...kinds: readonly OptionKind[]): OptionKind {
  const options = kinds.find((kind) => kind.options !== undefined)?.options
  const items = kinds.find((kind) => kind.items !== undefined)?.items
  return {
    expected: kinds.map(({ expected }) => expected).join(', or '),
    accepts: (value) => kinds.some(({ accepts }) => accepts(value)),
    words: kinds.flatMap(({ words = [] }) => words),
    ...(options === undefined ? {} : { options }),
    ...(items === undefined ? {} : { items }),
  }
}

/** A store, a cluster: told by methods that it has and others have not. */
function objectWith(methods: readonly string[], expected: string): OptionKind {
  return {
    expected,
    accepts: (value) =>
      typeof value === 'object' && value !== null && methods.every((name) => isFunction(Reflect.get(value, name))),
  }
}

function required(kind: OptionKind): OptionKind {
  return { ...kind, isRequired: true }
}

function listOf(kind: OptionKind, expected: string): OptionKind {
  return { expected, accepts: (value) => Array.isArray(value) && value.every(kind.accepts), items: kind }
}

/** NaN is larger and smaller than nothing, so that it would pass whatever looks for bounds. */
function isNumber(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(value)
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

/** An object that is no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
