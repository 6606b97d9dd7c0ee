import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { authenticationError, connectionError } from './connection-errors.ts'

const place = { broker: 'kafka-1:9093', saslMechanism: 'SCRAM-SHA-512' }
const { KafkaJSConnectionError, KafkaJSConnectionClosedError, KafkaJSRequestTimeoutError, KafkaJSProtocolError } =
  createRequire(import.meta.url)('kafkajs')

function nodeError(code: string): Error {
  return new KafkaJSConnectionError(`Connection error: ${code}`, { broker: 'kafka-1:9093', code })
}

describe('connectionError', () => {
  it.each([
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'EPROTO',
  ])('tells %s as a TLS error that does not pass, with a hint', (code) => {
    const error = connectionError(nodeError(code), place)
    expect([error.code, error.retryable, error.details.code]).toEqual(['KB_KAFKA_TLS', false, code])
    expect(error.hint).toBeTruthy()
  })

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'ECONNRESET', 'EHOSTUNREACH'])(
    'tells %s as a broker that is not there now',
    (code) => {
      const error = connectionError(nodeError(code), place)
      expect([error.code, error.retryable]).toEqual(['KB_KAFKA_UNAVAILABLE', true])
      expect(error.message).toContain('kafka-1:9093')
    },
  )

  it('tells closed connections and time-outs as a broker that is not there now', () => {
    for (const failure of [
      new KafkaJSConnectionClosedError('Closed', { host: 'kafka-1', port: 9093 }),
      new KafkaJSRequestTimeoutError('Late', {}),
    ]) {
      expect(connectionError(failure, place).code).toBe('KB_KAFKA_UNAVAILABLE')
    }
  })
})

describe('authenticationError', () => {
  it('names broker and mechanism, and quotes nothing that may be a secret', () => {
    const error = authenticationError(new Error('bad password hunter2 of user admin'), place)
    expect(error.code).toBe('KB_KAFKA_AUTHENTICATION')
    expect(error.message).toContain('kafka-1:9093')
    expect(error.message).toContain('SCRAM-SHA-512')
    expect(error.cause).toBeUndefined()
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toMatch(/hunter2|admin/)
  })

  it('tells a mechanism that the broker does not offer from credentials that it refuses', () => {
    const failed = (code: number) => authenticationError(new KafkaJSProtocolError({ message: '', code }), place)
    expect(failed(33).message).not.toEqual(failed(58).message)
    expect([failed(33).code, failed(58).code]).toEqual(['KB_KAFKA_AUTHENTICATION', 'KB_KAFKA_AUTHENTICATION'])
  })

  it('is no refusal where the connection broke meanwhile', () => {
    expect(authenticationError(nodeError('ECONNRESET'), place).code).toBe('KB_KAFKA_UNAVAILABLE')
  })
})
