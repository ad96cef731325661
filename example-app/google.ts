import type { GoogleAuthOptions } from 'fastify-google-auth'

/** The Google that the app works with: the real one or the emulator. */
export interface Google {
  /** The options of the plugin that differ between the two. */
  auth: Pick<GoogleAuthOptions, 'clientSecretsFile' | 'clientSecrets' | 'issuer' | 'apiOrigins'>
  /** URL of the Calendar API, with a slash at the end. */
  calendarRootUrl: string
  /** Origin of its users' pictures. */
  pictureOrigin: string
  isEmulator: boolean
  close: () => Promise<void>
}

/** The real Google, for the OAuth client that client_secrets.json describes. */
export function realGoogle(clientSecretsFile: string): Google {
  return {
    auth: { clientSecretsFile },
    calendarRootUrl: 'https://www.googleapis.com/',
    pictureOrigin: 'https://*.googleusercontent.com',
    isEmulator: false,
    close: async () => {}
  }
}
