import { inspect } from 'node:util'

const REDACTED = '[redacted]'

/** A password or key of the configuration: whatever prints it shows `[redacted]`; only `reveal()` gives the text. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself, for handing it to a client and nothing else. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}
