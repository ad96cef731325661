import { startStandInGoogle, type StandInGoogle } from 'fastify-google-auth/emulator'
import type { Google } from './google.js'

/**
 * A stand-in for Google in this very process, with a few made-up accounts, so that the app can be tried out before there
 * is a client_secrets.json. Nothing of it is for production.
 */
export async function embeddedGoogle(
  publicUrl: string,
  listen: { host?: string; port?: number } = {}
): Promise<Google & { standIn: StandInGoogle }> {
  const client = { project: 'Datebook', redirectUris: [`${publicUrl}/auth/return`] }
  const standIn = await startStandInGoogle({ clients: [client], ...listen })
  return {
    standIn,
    auth: { clientSecrets: standIn.clientSecrets, issuer: standIn.issuer, apiOrigins: [standIn.apiOrigin] },
    calendarRootUrl: `${standIn.apiOrigin}/`,
    signInOrigin: standIn.issuer,
    pictureOrigin: standIn.issuer,
    isStandIn: true,
    close: () => standIn.close()
  }
}
