import { loadClientSecrets } from '../provider/client-secrets.js'
import { OAuth2WebServerFlow } from './flow.js'
import type { FlowOptions } from './flow-options.js'

/**
 * A flow for the OAuth client in the file at `path`, kinds `web` and `installed`. Throws an `InvalidClientSecretsError`
 * that names the file and the field, or an `UnknownClientSecretsFlowError`.
 * @param path The path of client_secrets.json.
 * @param options What to ask, and where to come back to.
 */
export async function flowFromClientSecrets(
  path: string,
  options: Omit<FlowOptions, 'clientId' | 'clientSecret' | 'authUri' | 'tokenUri'>
): Promise<OAuth2WebServerFlow> {
  const { clientId, clientSecret, authUri, tokenUri } = await loadClientSecrets(path)
  return new OAuth2WebServerFlow({ ...options, clientId, clientSecret, authUri, tokenUri })
}
