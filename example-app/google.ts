import type { GoogleAuthOptions } from 'fastify-google-auth'

/** Which Google the app works with. */
export interface Google {
  /** The plugin's options that depend on it. */
  auth: Pick<GoogleAuthOptions, 'clientSecretsFile' | 'clientSecrets' | 'issuer' | 'apiOrigins'>
  /** Where the Calendar API answers. */
  calendarRootUrl: string
  /** Where its sign-in pages stand. */
  signInOrigin: string
  /** Where the pictures of its users come from. */
  pictureOrigin: string
  isEmulator: boolean
  close: () => Promise<void>
}

/** The real Google, for the OAuth client that client_secrets.json describes. */
export function realGoogle(clientSecretsFile: string): Google {
  return {
    auth: { clientSecretsFile },
    calendarRootUrl: 'https://www.googleapis.com/',
    signInOrigin: 'https://accounts.google.com',
    pictureOrigin: 'https://*.googleusercontent.com',
    isEmulator: false,
    close: async () => {}
  }
}
