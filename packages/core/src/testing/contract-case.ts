/** One case of a contract suite, for any test runner: `for (const c of cases) it(c.name, c.run)`. */
export interface ContractCase {
  /** The guarantee that the case holds the implementation to. */
  readonly name: string
  /** Resolves if it is kept, rejects with an assertion error if it is not. */
  readonly run: () => Promise<void>
}
