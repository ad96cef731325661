import { InvalidClientSecretsError, UnknownClientSecretsFlowError } from '../../core/errors/setup.js'
import { type ClientSecrets, loadClientSecrets } from '../../core/provider/client-secrets.js'
import { secureUrl } from '../../core/lib/url.js'
import { type Finding, fine, shown, wrong } from './finding.js'

const ABOUT = 'client secrets'

/** What is wrong with a client_secrets.json, and the client in it; null where there is none. */
export async function checkClientSecrets(path: string): Promise<{ findings: Finding[]; client: ClientSecrets | null }> {
  try {
    const client = await loadClientSecrets(path)
    const unusable = client.redirectUris.filter((uri) => secureUrl(uri) === null)
    const count = client.redirectUris.length
    const text = `The file holds a client of the kind "${client.kind}" with ${count} redirect URI${count === 1 ? '' : 's'}.`
    const findings = [
      client.kind === 'web' && count === 0
        ? wrong(
            ABOUT,
            `${text} Nobody can return to it.`,
            'Register a redirect URI in the Google console, and download the file again.'
          )
        : fine(ABOUT, text),
      ...unusable.map((uri) =>
        wrong(
          ABOUT,
          `The redirect URI ${shown(uri)} in the file is neither https nor http on a loopback host.`,
          'Register it with https in the Google console, and download the file again.'
        )
      )
    ]
    return { findings, client }
  } catch (error) {
    if (!(error instanceof InvalidClientSecretsError || error instanceof UnknownClientSecretsFlowError)) throw error
    // The message says how to mend it.
    return { findings: [wrong(ABOUT, error.message)], client: null }
  }
}
