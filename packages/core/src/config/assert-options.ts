import { KbackupError } from '../errors/kbackup-error.ts'
import { closeNames } from './close-names.ts'
import { isRecord, type OptionKind, type OptionTable } from './option-kinds.ts'

/**
 * Refuses options that a call does not have, and values that they cannot have, so that a slip of the pen is never taken for
 * an option left out: `KB_CONFIG_INVALID`, with the path of the option, what is accepted, and what was probably meant.
 *
 * Values are not repeated in messages unless words are accepted there: they may be secrets.
 */
export function assertOptions(call: string, options: unknown, table: OptionTable): void {
  if (!isRecord(options)) throw invalid(call, [], `its options are ${shown(options)}`, `give ${objectOf(table)}`)
  assertTable({ call, path: [] }, options, table)
}

interface Place {
  readonly call: string
  readonly path: readonly string[]
}

function assertTable(place: Place, options: Readonly<Record<string, unknown>>, table: OptionTable): void {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(table, name)) throw unknownOption(place, name, table)
  }
  for (const [name, kind] of Object.entries(table)) {
    assertValue({ ...place, path: [...place.path, name] }, options[name], kind)
  }
}

function assertValue(place: Place, value: unknown, kind: OptionKind): void {
  if (value === undefined && kind.isRequired !== true) return
  if (!kind.accepts(value)) throw wrongValue(place, value, kind)
  if (kind.options !== undefined && isRecord(value)) assertTable(place, value, kind.options)
  if (kind.items !== undefined && Array.isArray(value)) assertItems(place, value, kind.items)
}

function assertItems(place: Place, values: readonly unknown[], kind: OptionKind): void {
  for (const [index, value] of values.entries()) {
    if (isRecord(value)) assertValue({ ...place, path: [...place.path, String(index)] }, value, kind)
  }
}

function unknownOption({ call, path }: Place, name: string, table: OptionTable): KbackupError {
  const known = `known ${path.length === 0 ? 'options' : 'here'} are ${Object.keys(table).join(', ')}`
  return invalid(call, [...path, name], 'is not a known option', withGuess(closeNames(name, Object.keys(table)), known))
}

function wrongValue({ call, path }: Place, value: unknown, { expected, words = [] }: OptionKind): KbackupError {
  if (value === undefined) return invalid(call, path, 'is missing', `give ${expected}`)
  const isWord = typeof value === 'string' && words.length > 0
  const close = isWord ? closeNames(value, words) : []
  return invalid(call, path, `is ${isWord ? `'${value}'` : shown(value)}`, withGuess(close, `give ${expected}`))
}

function withGuess([closest]: readonly string[], accepted: string): string {
  return closest === undefined ? accepted : `did you mean ${closest}? ${accepted}`
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  return { string: 'a text', object: 'an object', function: 'a function' }[String(typeof value)] ?? String(value)
}

function objectOf(table: OptionTable): string {
  return `an object { ${Object.keys(table).join(', ')} }`
}

function invalid(call: string, path: readonly string[], what: string, hint: string): KbackupError {
  const name = path.join('.')
  return new KbackupError('KB_CONFIG_INVALID', {
    message: name === '' ? `${call}: ${what}` : `${call}: ${name} ${what}`,
    hint,
    details: { call, name },
  })
}
