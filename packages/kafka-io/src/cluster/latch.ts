/** A promise that somebody else resolves, once. */
export class Latch {
  readonly promise: Promise<void>
  #resolve = () => {}

  constructor() {
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  open(): void {
    this.#resolve()
  }
}
