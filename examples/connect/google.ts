import type { GoogleAuthOptions } from 'fastify-google-auth'
import { startGoogleEmulator } from 'fastify-google-auth/emulator'

/** The port of the emulator. It is fixed, so that the nightly job of another process finds it. */
const EMULATOR_PORT = 4400
const EMULATOR_CLIENT = {
  clientId: 'connect-example.apps.googleusercontent.com',
  clientSecret: 'connect-example-secret'
}

/** The Google that the example works with. */
export interface Google {
  options: Partial<GoogleAuthOptions>
  /** URL of the Calendar API, with a slash at the end. */
  calendarRootUrl: string
}

/** The real Google when `GOOGLE_CLIENT_SECRETS` names a file, else the emulator of this example. */
export function googleOf(env: NodeJS.ProcessEnv): Google {
  const { GOOGLE_CLIENT_SECRETS: clientSecretsFile, EMULATOR_PORT: port = EMULATOR_PORT } = env
  if (clientSecretsFile) return { options: { clientSecretsFile }, calendarRootUrl: 'https://www.googleapis.com/' }
  const issuer = `http://127.0.0.1:${port}`
  return { options: { ...EMULATOR_CLIENT, issuer, apiOrigins: [issuer] }, calendarRootUrl: `${issuer}/` }
}

/** Starts the emulator for an app at `publicUrl`. */
export async function startEmulator(
  env: NodeJS.ProcessEnv,
  publicUrl: string
): Promise<{ close: () => Promise<void> }> {
  const client = { ...EMULATOR_CLIENT, redirectUris: [`${publicUrl}/auth/return`] }
  return startGoogleEmulator({ port: Number(env['EMULATOR_PORT'] ?? EMULATOR_PORT), clients: [client] })
}
