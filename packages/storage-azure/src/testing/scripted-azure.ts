import { type ScriptedAnswer, ScriptedService } from '@kbackup/core/testing'

/** What it answers; with a code, an error of Azure. */
export interface AzureAnswer extends ScriptedAnswer {
  readonly code?: string | undefined
}

/** A service that speaks just enough of Azure Blob storage to be told what to answer. */
export class ScriptedAzure extends ScriptedService {
  override script(...answers: readonly AzureAnswer[]): void {
    super.script(...answers.map(withDocument))
  }

  /** Gives this answer to HEAD requests, out of turn. */
  scriptHead(answer: () => AzureAnswer): void {
    this.answerTo = ({ method }) => (method === 'HEAD' ? withDocument(answer()) : undefined)
  }
}

function withDocument({ code, ...answer }: AzureAnswer): ScriptedAnswer {
  if (code === undefined) return answer
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>said by the service</Message></Error>`
  return { ...answer, body, headers: { 'x-ms-error-code': code, ...answer.headers } }
}
