/** Where a run logs to, if anywhere: pino and most other loggers have this shape. The library itself prints nothing. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
