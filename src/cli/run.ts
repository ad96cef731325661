import { codeOf } from '../core/lib/error-code.js'
import { type Terminal, UsageError } from './command.js'
import { COMMANDS } from './commands.js'

const list = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)

const HELP = ['npx fastify-google-auth <command> [options]', '', ...list, '', 'Options of a command: add --help.']

/** Does what the arguments ask for. The number is the exit code. It never throws, and prints no stack. */
export async function run(args: string[], terminal: Terminal): Promise<number> {
  const [name = '', ...rest] = args
  if (['', '--help', '-h', 'help'].includes(name)) {
    for (const line of HELP) terminal.print(line)
    return name === '' ? 1 : 0
  }
  const listed = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!listed) {
    terminal.complain(
      `There is no command ${JSON.stringify(name)}. The commands are ${Object.keys(COMMANDS).join(', ')}.`
    )
    return 1
  }
  try {
    const command = await listed.load()
    if (rest.includes('--help') || rest.includes('-h')) {
      terminal.print(command.help)
      return 0
    }
    return await command.run(rest, terminal)
  } catch (error) {
    if (codeOf(error) === 'ERR_MODULE_NOT_FOUND') {
      // The one package that users bring themselves. npx alone does not install it.
      terminal.complain(
        `This command needs fastify. Run: npx -p fastify -p fastify-google-auth fastify-google-auth ${name}`
      )
      return 1
    }
    terminal.complain(error instanceof Error ? error.message : 'Something went wrong.')
    if (error instanceof UsageError) terminal.complain(`See npx fastify-google-auth ${name} --help`)
    return 1
  }
}
