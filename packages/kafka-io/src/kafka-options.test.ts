import { describe, expect, it } from 'vitest'
import { kafka } from './kafka.ts'

const brokers = ['127.0.0.1:9092']

describe('kafka refuses', () => {
  it.each<[object, string, string]>([
    [{ broker: brokers }, 'broker is not a known option', 'did you mean brokers?'],
    [{ brokers: brokers[0] }, 'brokers is a text', 'give a list of host:port, or a function'],
    [{ requestTimeoutMs: 5 }, 'requestTimeoutMs is not a known option', 'did you mean requestTimeout?'],
    [{ sasl: 'canary' }, 'sasl is a text', 'give an object'],
    [{ retry: { retrys: 5 } }, 'retry.retrys is not a known option', 'did you mean retries?'],
  ])('%j', (slip, message, hint) => {
    expect(() => kafka(Object.assign({ brokers }, slip))).toThrow(
      expect.objectContaining({
        code: 'KB_CONFIG_INVALID',
        message: `kafka: ${message}`,
        hint: expect.stringContaining(hint),
      }),
    )
  })
})
