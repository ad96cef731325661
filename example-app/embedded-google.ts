import { startGoogleEmulator, type GoogleEmulator } from 'fastify-google-auth/emulator'
import type { Google } from './google.js'

/**
 * A Google emulator in this process, with a few made-up accounts, to try the app without a client_secrets.json. It signs in
 * anybody as anybody. In production `config.ts` wants `GOOGLE_EMULATOR` for it.
 */
export async function embeddedGoogle(
  publicUrl: string,
  listen: { host?: string; port?: number } = {}
): Promise<Google & { emulator: GoogleEmulator }> {
  const client = { project: 'Datebook', redirectUris: [`${publicUrl}/auth/return`] }
  const emulator = await startGoogleEmulator({ clients: [client], allowInProduction: true, ...listen })
  return {
    emulator,
    auth: { clientSecrets: emulator.clientSecrets, issuer: emulator.issuer, apiOrigins: [emulator.apiOrigin] },
    calendarRootUrl: `${emulator.apiOrigin}/`,
    pictureOrigin: emulator.issuer,
    isEmulator: true,
    close: () => emulator.close()
  }
}
