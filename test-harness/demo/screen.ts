/** Where the demo writes. */
export interface Output {
  readonly isTTY?: boolean | undefined
  write(text: string): unknown
}

const INDENT = ' '.repeat(8)

/** The terminal of the demo: calm text, with a little emphasis where it is a terminal. */
export class Screen {
  readonly #output: Output
  readonly #isColoured: boolean

  constructor(output: Output, environment: Readonly<Record<string, string | undefined>>) {
    this.#output = output
    this.#isColoured = output.isTTY === true && !environment.NO_COLOR
  }

  line(text = ''): void {
    this.#output.write(`${text}\n`)
  }

  title(text: string): void {
    this.line(this.bold(text))
  }

  /** One moment of the story, with the story's clock. */
  moment(clock: string, ...lines: readonly string[]): void {
    const [first = '', ...rest] = lines
    this.line()
    this.line(`${this.bold(clock)}   ${first}`)
    for (const line of rest) this.line(`${INDENT}${line}`)
  }

  /** A command, as somebody would type it. */
  command(text: string): void {
    this.line()
    this.line(`${INDENT}${this.bold(`$ ${text}`)}`)
  }

  /** What a command printed. */
  output(text: string): void {
    for (const line of text.trimEnd().split('\n')) this.line(this.dim(`${INDENT}${line}`).trimEnd())
  }

  bold(text: string): string {
    return this.#styled(text, 1)
  }

  dim(text: string): string {
    return this.#styled(text, 2)
  }

  good(text: string): string {
    return this.#styled(text, 32)
  }

  bad(text: string): string {
    return this.#styled(text, 31)
  }

  #styled(text: string, style: number): string {
    return this.#isColoured ? `\u001b[${style}m${text}\u001b[0m` : text
  }
}
