import { KbackupError } from '@kbackup/core'
import { describe, expect, it } from 'vitest'
import { addressName, parseAddress } from './broker-address.ts'

describe('parseAddress', () => {
  it.each([
    ['kafka-1:9093', { host: 'kafka-1', port: 9093 }],
    ['kafka-1', { host: 'kafka-1', port: 9092 }],
    [' 10.0.0.1:19092 ', { host: '10.0.0.1', port: 19_092 }],
    ['[::1]:9092', { host: '::1', port: 9092 }],
  ])('reads %s', (text, address) => {
    expect(parseAddress(text)).toEqual(address)
    expect(parseAddress(addressName(address))).toEqual(address)
  })

  it.each(['', ':9092', 'kafka:0', 'kafka:99999', 'kafka:x', 'PLAINTEXT://kafka:9092', '::1'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseAddress(text)).toThrow(KbackupError)
    },
  )
})
