import { KbackupError } from '@kbackup/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameAssembler } from './frame-assembler.ts'

function framed(payload: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(payload.length)
  return Buffer.concat([size, payload])
}

function* chunksOf(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  let rest = bytes
  for (const length of lengths) {
    if (rest.length === 0) return
    yield rest.subarray(0, length)
    rest = rest.subarray(length)
  }
  if (rest.length > 0) yield rest
}

const payloads = fc.array(fc.uint8Array({ minLength: 4, maxLength: 300 }).map((bytes) => Buffer.from(bytes)))

describe('FrameAssembler', () => {
  it('gives the same frames however the stream is cut', () => {
    fc.assert(
      fc.property(payloads, fc.array(fc.integer({ min: 1, max: 90 })), (sent, lengths) => {
        const received: Buffer[] = []
        const assembler = new FrameAssembler((frame) => received.push(frame))
        for (const chunk of chunksOf(Buffer.concat(sent.map(framed)), lengths)) assembler.push(chunk)
        expect(received).toEqual(sent)
      }),
    )
  })

  it('gives the same frames where the stream is read straight into them', () => {
    fc.assert(
      fc.property(payloads, fc.array(fc.integer({ min: 1, max: 90 })), (sent, lengths) => {
        const received: Buffer[] = []
        const assembler = new FrameAssembler((frame) => received.push(frame))
        for (const chunk of chunksOf(Buffer.concat(sent.map(framed)), lengths)) {
          for (let rest = chunk; rest.length > 0; ) {
            const read = rest.copy(assembler.target)
            assembler.filled(read)
            rest = rest.subarray(read)
          }
        }
        expect(received).toEqual(sent)
      }),
    )
  })

  it('tells a TLS server that was spoken to without TLS', () => {
    const assembler = new FrameAssembler(() => {})
    const alert = Buffer.from('15030300020250', 'hex')
    const isTls = (error: unknown) => KbackupError.is(error, 'KB_KAFKA_TLS')
    expect(() => assembler.push(alert)).toThrow(expect.toSatisfy(isTls))
  })

  it.each(['80000000', '00000003', '7fffffff'])('does not believe a size of 0x%s', (size) => {
    const assembler = new FrameAssembler(() => {})
    const isProtocol = (error: unknown) => KbackupError.is(error, 'KB_KAFKA_PROTOCOL')
    expect(() => assembler.push(Buffer.from(size, 'hex'))).toThrow(expect.toSatisfy(isProtocol))
  })
})
