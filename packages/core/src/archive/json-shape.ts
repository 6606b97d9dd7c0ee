import { damagedObject } from './json-object.ts'

/** Takes a parsed JSON value apart into a value of known shape, or throws a {@link ShapeFault}. */
export type Shape<T> = (value: unknown) => T

/** Why a value has not the expected shape, and where in the object: the names of the fields, outermost first. */
class ShapeFault {
  readonly what: string
  readonly path: readonly string[]

  constructor(what: string, path: readonly string[] = []) {
    this.what = what
    this.path = path
  }

  within(field: string): ShapeFault {
    return new ShapeFault(this.what, [field, ...this.path])
  }
}

/**
 * Reads a JSON value strictly: a field that is missing, unknown, or not of its type is damage.
 *
 * @throws KbackupError `KB_ARCHIVE_DAMAGED`, naming the key of the object and the field.
 */
export function readShape<T>(shape: Shape<T>, value: unknown, key: string): T {
  try {
    return shape(value)
  } catch (fault) {
    if (!(fault instanceof ShapeFault)) throw fault
    const field = fault.path.join('.')
    throw damagedObject(key, `${field === '' ? 'the object' : `its field ${field}`} ${fault.what}`, { field })
  }
}

export const text: Shape<string> = (value) => {
  if (typeof value !== 'string') throw new ShapeFault('is not a text')
  return value
}

export const truth: Shape<boolean> = (value) => {
  if (typeof value !== 'boolean') throw new ShapeFault('is neither true nor false')
  return value
}

export function textLike(pattern: RegExp, what: string): Shape<string> {
  return (value) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw new ShapeFault(`is not ${what}`)
    return value
  }
}

export const sha256Text = textLike(/^[0-9a-f]{64}$/, '64 hexadecimal digits')
export const idText = textLike(/^[0-9a-f]{32}$/, '32 hexadecimal digits')

/** One of a few texts. */
export function oneOf<const T extends string>(...allowed: readonly T[]): Shape<T> {
  return (value) => {
    const found = allowed.find((candidate) => candidate === value)
    if (found === undefined) throw new ShapeFault(`is none of ${allowed.join(', ')}`)
    return found
  }
}

/** A whole number between two bounds, both included. */
export function wholeNumber(least: number, greatest: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  return (value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > greatest) {
      throw new ShapeFault(`is not a whole number from ${least} to ${greatest}`)
    }
    return value
  }
}

export const count = wholeNumber(0)

const DECIMAL = /^(?:0|-?[1-9][0-9]{0,18})$/
const MAX_INT64 = 0x7fff_ffff_ffff_ffffn

/** A 64-bit whole number as a decimal string, not below a bound. */
export function decimal(least: bigint): Shape<bigint> {
  return (value) => {
    const number = typeof value === 'string' && DECIMAL.test(value) ? BigInt(value) : undefined
    if (number === undefined || number < least || number > MAX_INT64) {
      throw new ShapeFault(`is not a decimal string from ${least} to ${MAX_INT64}`)
    }
    return number
  }
}

export const offset = decimal(0n)
/** Any 64-bit number: brokers accept negative times and positions. */
export const int64 = decimal(-MAX_INT64 - 1n)

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value) => (value === null ? null : shape(value))
}

export function literal<const T extends string | number>(expected: T): Shape<T> {
  return (value) => {
    if (value !== expected) throw new ShapeFault(`is not ${JSON.stringify(expected)}`)
    return expected
  }
}

export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new ShapeFault('is not a list')
    return value.map((item: unknown, index) => within(String(index), () => shape(item)))
  }
}

/** An object used as a map from any text to values of one shape. */
export function record<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value) => {
    const entries = Object.entries(plainObject(value))
    return Object.fromEntries(entries.map(([name, item]) => [name, within(name, () => shape(item))]))
  }
}

/** An object with exactly these fields. */
export function object<T extends object>(fields: { readonly [Name in keyof T]: Shape<T[Name]> }): Shape<T> {
  const shapes: readonly (readonly [string, Shape<unknown>])[] = Object.entries(fields)
  const names: ReadonlySet<string> = new Set(shapes.map(([name]) => name))
  return (value) => {
    const source = plainObject(value)
    const result = readFields(source, shapes)
    if (Object.keys(source).length > names.size) throw unknownField(source, names)
    return result as T
  }
}

/** An object whose field `type` says which of the shapes it has. */
export function tagged<T extends { readonly type: string }>(
  variants: {
    readonly [Type in T['type']]: Shape<Extract<T, { readonly type: Type }>>
  },
): Shape<T> {
  const shapes = new Map<unknown, Shape<T>>(Object.entries<Shape<T>>(variants))
  return (value) => {
    const shape = shapes.get(plainObject(value).type)
    if (shape === undefined) throw new ShapeFault(`is none of ${[...shapes.keys()].join(', ')}`, ['type'])
    return shape(value)
  }
}

/** A shape with a further condition, which returns what is wrong, if anything is. */
export function checked<T>(shape: Shape<T>, faultOf: (value: T) => string | undefined): Shape<T> {
  return (value) => {
    const result = shape(value)
    const fault = faultOf(result)
    if (fault !== undefined) throw new ShapeFault(fault)
    return result
  }
}

/** One guard around all fields: archives hold millions of them. */
function readFields(
  source: Readonly<Record<string, unknown>>,
  shapes: readonly (readonly [string, Shape<unknown>])[],
): object {
  const result: Record<string, unknown> = {}
  let field = ''
  try {
    for (const [name, shape] of shapes) {
      field = name
      if (source[name] === undefined) throw new ShapeFault('is missing')
      result[name] = shape(source[name])
    }
  } catch (fault) {
    throw fault instanceof ShapeFault ? fault.within(field) : fault
  }
  return result
}

function within<T>(field: string, read: () => T): T {
  try {
    return read()
  } catch (fault) {
    throw fault instanceof ShapeFault ? fault.within(field) : fault
  }
}

function plainObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ShapeFault('is not an object')
  return value as Readonly<Record<string, unknown>>
}

function unknownField(source: Readonly<Record<string, unknown>>, names: ReadonlySet<string>): ShapeFault {
  const unknown = Object.keys(source).find((name) => !names.has(name)) ?? ''
  return new ShapeFault('is not known to this version', [unknown])
}
