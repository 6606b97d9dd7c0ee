import { ForeignAnswer, isWebPage, tellsService } from '@kbackup/core'
import type { HttpAnswer } from './http-exchange.ts'

const OWN_HEADER = /^x-(goog|guploader)-/

/** Refuses what is no answer of Google Cloud Storage, which would be taken for an object or a success. */
export function assertOwnAnswer(url: string, { status, headers, body }: HttpAnswer): void {
  // The service itself calls some of its refusals pages; it marks them, as it marks every answer.
  if (!tellsService(status) || Object.keys(headers).some((name) => OWN_HEADER.test(name))) return
  if (!isWebPage(headers['content-type'])) return
  // Nobody will read it, and it would keep its connection.
  body.destroy()
  throw new ForeignAnswer({ service: 'Google Cloud Storage', url, status })
}
