/** A setting of the place that a store lies in, and what it means for archives. */
export interface StoreFact {
  /** `versioning`, `object lock`, `lifecycle rules`. */
  readonly name: string
  /** As the service has it: `on`, `off`, `3 rules`; `not known` where it may not be read. */
  readonly value: string
  readonly meaning: string
  /** Whether archives are in danger. */
  readonly endangers: boolean
}
