/** Where a command speaks, and what ends it. */
export interface Terminal {
  /** Writes a line to the standard output. */
  print: (line?: string) => void
  /** Writes a line to the standard error output. */
  complain: (line: string) => void
  /** Settles when the user presses Ctrl-C, or the process is told to end. */
  stopped: () => Promise<void>
}

/** A command of `npx fastify-google-auth`. */
export interface Command {
  /** What `--help` prints. */
  help: string
  /** Does the work. The number is the exit code. */
  run: (args: string[], terminal: Terminal) => Promise<number>
}

/** The user has asked for something that cannot be done. The message says what, and how it is asked for. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}
