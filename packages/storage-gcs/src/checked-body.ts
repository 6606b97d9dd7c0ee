import { checksumOf, checksumText } from './checksum.ts'

/** A body that fails at its end if it is not what the service says it has; without a checksum, the body as it is. */
export function checkedBody(body: AsyncIterable<Uint8Array>, checksum: string | undefined): AsyncIterable<Uint8Array> {
  return checksum === undefined ? body : checkedChunks(body, checksum)
}

async function* checkedChunks(body: AsyncIterable<Uint8Array>, expected: string): AsyncGenerator<Uint8Array> {
  let sum = 0
  for await (const chunk of body) {
    sum = checksumOf(chunk, sum)
    yield chunk
  }
  if (checksumText(sum) !== expected) throw new DamagedBody('the body differs from its checksum')
}

class DamagedBody extends Error {}
