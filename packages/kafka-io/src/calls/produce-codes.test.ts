import { encodeBatch } from '@kbackup/core'
import { describe, expect, it } from 'vitest'
import { isIdempotent, maySendAgain } from './produce-codes.ts'

const record = { timestamp: 0n, body: Buffer.from([1, 1, 0]) }
const producer = { producerId: 0n, producerEpoch: 0, baseSequence: 0 }
const plain = await encodeBatch([record], { codec: 'none' })
const idempotent = await encodeBatch([record], { codec: 'none', producer })

describe('maySendAgain', () => {
  it('tells idempotent batches by their producer id, 0 included', () => {
    expect([isIdempotent(plain), isIdempotent(idempotent), isIdempotent(Buffer.alloc(3))]).toEqual([false, true, false])
  })

  it.each([3, 5, 19])('sends any batch again after error %i, before which nothing is appended', (code) => {
    expect(maySendAgain(code, plain, false)).toBe(true)
    expect(maySendAgain(code, idempotent, false)).toBe(true)
  })

  it.each([6, 7, 20, 56])('after error %i sends again only what brokers would recognise', (code) => {
    expect(maySendAgain(code, plain, false)).toBe(false)
    expect(maySendAgain(code, idempotent, false)).toBe(true)
  })

  it('takes a gap in the sequence for final unless another batch was under way before', () => {
    expect(maySendAgain(45, idempotent, false)).toBe(false)
    expect(maySendAgain(45, idempotent, true)).toBe(true)
    expect(maySendAgain(45, plain, true)).toBe(false)
  })

  it.each([-1, 2, 10, 32, 35, 46, 47, 53, 59, 87])('never sends again after error %i', (code) => {
    expect(maySendAgain(code, idempotent, true)).toBe(false)
  })
})
