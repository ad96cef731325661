/** Settings that let every secret be replaced while the app runs. */
import { readFileSync } from 'node:fs'
import type { GoogleAuthOptions } from 'fastify-google-auth'

/**
 * `AUTH_SECRETS` holds one or more secrets, with spaces between: the first seals, all of them open. `GOOGLE_CLIENT_SECRETS` is the
 * path of the file that the Google console gave.
 */
export function secretsOf(env: NodeJS.ProcessEnv): Pick<GoogleAuthOptions, 'secret' | 'clientSecrets'> {
  const { AUTH_SECRETS = '', GOOGLE_CLIENT_SECRETS = 'client_secrets.json' } = env
  return {
    secret: AUTH_SECRETS.split(/\s+/).filter((secret) => secret !== ''),
    clientSecrets: JSON.parse(readFileSync(GOOGLE_CLIENT_SECRETS, 'utf8')) as object
  }
}
