import { parseArgs, type ParseArgsConfig } from 'node:util'
import { UsageError } from './command.js'

type Options = NonNullable<ParseArgsConfig['options']>
type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T; allowPositionals: false }>>['values']

/** The values of the options. Throws a `UsageError` for any other argument, without repeating it: it may hold a password. */
export function readOptions<const T extends Options>(args: string[], options: T): Values<T> {
  try {
    return parseArgs<{ args: string[]; options: T; allowPositionals: false }>({
      args,
      options,
      allowPositionals: false
    }).values
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    throw new UsageError(
      code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL'
        ? `There is an argument without an option before it. The options are ${names(options)}.`
        : // Node goes on with advice that is about positional arguments.
          `${message.replace(/\. To specify.*$/s, '')}. The options are ${names(options)}.`
    )
  }
}

const names = (options: Options): string =>
  Object.keys(options)
    .map((name) => `--${name}`)
    .join(', ')
