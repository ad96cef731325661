import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { codeOf } from '../../core/lib/error-code.js'
import type { UserRegistration } from '../../emulator/state/registry/users.js'
import { UsageError } from '../command.js'

const TEXTS = new Set(['sub', 'email', 'name', 'givenName', 'familyName', 'picture', 'hostedDomain'])
const FLAGS = new Set(['emailVerified'])

/** The accounts in a JSON file. Throws a `UsageError` that names the file, the entry and the field. */
export async function readUsersFile(path: string): Promise<UserRegistration[]> {
  const source = `The users file ${resolve(path)}`
  let content: unknown
  try {
    content = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new UsageError(
      `${source} ${error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${codeOf(error)})`}.`
    )
  }
  if (!Array.isArray(content) || content.length === 0) {
    throw new UsageError(`${source} must be a list of accounts, such as [{ "email": "ada@example.com" }].`)
  }
  return content.map((entry: unknown, at) => {
    const wrong = (what: string) => new UsageError(`${source}: entry ${at + 1} ${what}.`)
    if (typeof entry !== 'object' || entry === null) throw wrong('must be an object')
    for (const [field, value] of Object.entries(entry)) {
      const wanted = TEXTS.has(field) ? 'string' : FLAGS.has(field) ? 'boolean' : null
      if (wanted === null) throw wrong(`has the unknown field ${JSON.stringify(field)}`)
      if (typeof value !== wanted) throw wrong(`has a ${field} that is no ${wanted}`)
    }
    if (!('email' in entry) || entry.email === '') throw wrong('has no email')
    return entry as UserRegistration
  })
}
