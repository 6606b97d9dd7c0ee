import { KbackupError } from '../../errors/kbackup-error.ts'
import type { BatchCodec } from '../batch-codec.ts'

/** The error for a compression level that a codec cannot honour; `accepted` says which it can. */
export function unhonouredLevel(codec: BatchCodec, level: number, accepted: string): KbackupError {
  return new KbackupError('KB_CODEC_LEVEL', {
    message: `${codec} cannot compress at level ${level} here: ${accepted}`,
    hint: 'leave the level out, or choose one that is honoured',
    details: { codec, level },
  })
}
