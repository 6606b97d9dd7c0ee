/** The kinds of fields that the binary frames of an archive are made of; numbers are little-endian. */
export type FieldType = 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'int64' | 'id' | 'digest' | 'magic'

interface FieldValues {
  readonly uint8: number
  readonly uint16: number
  readonly uint32: number
  /** A count or a position; beyond 2^53 it is refused. */
  readonly uint64: number
  readonly int64: bigint
  /** 16 bytes, here as 32 hexadecimal digits. */
  readonly id: string
  /** 32 bytes, here as 64 hexadecimal digits. */
  readonly digest: string
  /** 8 bytes of ASCII. */
  readonly magic: string
}

/** One field of a fixed layout. */
export interface Field {
  readonly name: string
  readonly type: FieldType
}

type Row<Fields extends readonly Field[]> = {
  readonly [Each in Fields[number] as Each['name']]: FieldValues[Each['type']]
}

/** A sequence of fields without space between them: the one description from which they are written, read and documented. */
export interface Layout<Fields extends readonly Field[]> {
  readonly fields: Fields
  readonly length: number
  write(row: Row<Fields>): Buffer
  /** `RangeError` where the bytes end before the fields do, or a number is beyond 2^53. */
  read(source: Buffer, at: number): Row<Fields>
}

interface FieldCodec<Value> {
  readonly length: number
  write(target: Buffer, at: number, value: Value): void
  read(source: Buffer, at: number): Value
}

const CODECS: { readonly [Type in FieldType]: FieldCodec<FieldValues[Type]> } = {
  uint8: { length: 1, write: (to, at, value) => to.writeUInt8(value, at), read: (from, at) => from.readUInt8(at) },
  uint16: {
    length: 2,
    write: (to, at, value) => to.writeUInt16LE(value, at),
    read: (from, at) => from.readUInt16LE(at),
  },
  uint32: {
    length: 4,
    write: (to, at, value) => to.writeUInt32LE(value, at),
    read: (from, at) => from.readUInt32LE(at),
  },
  uint64: { length: 8, write: (to, at, value) => to.writeBigUInt64LE(BigInt(value), at), read: readUint64 },
  int64: {
    length: 8,
    write: (to, at, value) => to.writeBigInt64LE(value, at),
    read: (from, at) => from.readBigInt64LE(at),
  },
  id: text(16, 'hex'),
  digest: text(32, 'hex'),
  magic: text(8, 'latin1'),
}

function text(length: number, encoding: 'hex' | 'latin1'): FieldCodec<string> {
  return {
    length,
    write: (to, at, value) => {
      if (to.write(value, at, length, encoding) !== length) throw new RangeError(`${value} is not ${length} bytes`)
    },
    read: (from, at) => {
      if (at + length > from.length) throw new RangeError('the bytes end inside a field')
      return from.toString(encoding, at, at + length)
    },
  }
}

function readUint64(source: Buffer, at: number): number {
  const value = Number(source.readBigUInt64LE(at))
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is beyond 2^53`)
  return value
}

export function fieldLength(type: FieldType): number {
  return CODECS[type].length
}

/** Makes a layout of fields. */
export function layoutOf<const Fields extends readonly Field[]>(fields: Fields): Layout<Fields> {
  const length = fields.reduce((sum, { type }) => sum + fieldLength(type), 0)
  return {
    fields,
    length,
    write: (row) => writeRow(fields, row, Buffer.alloc(length)),
    read: (source, at) => readRow(fields, source, at) as Row<Fields>,
  }
}

function writeRow(fields: readonly Field[], row: Readonly<Record<string, unknown>>, target: Buffer): Buffer {
  let at = 0
  for (const { name, type } of fields) {
    const codec: FieldCodec<unknown> = CODECS[type]
    codec.write(target, at, row[name])
    at += codec.length
  }
  return target
}

function readRow(fields: readonly Field[], source: Buffer, start: number): Readonly<Record<string, unknown>> {
  let at = start
  const row: Record<string, unknown> = {}
  for (const { name, type } of fields) {
    row[name] = CODECS[type].read(source, at)
    at += fieldLength(type)
  }
  return row
}
