import { newClientSecret, newId } from '../secrets.js'

/** An OAuth client as registered in the Google console. */
export interface EmulatorClient {
  /** The client's id. */
  clientId: string
  /** The client's secret. */
  clientSecret: string
  /** Where users may be sent back to. */
  redirectUris: string[]
  /** All clients of a project share the grants of users, and lose them together. */
  project: string
}

/** The parts of a new client. Those that are left out get a value. */
export type ClientRegistration = Pick<EmulatorClient, 'redirectUris'> & Partial<EmulatorClient>

/** The content of client_secrets.json, as the Google console offers it for download. */
export interface ClientSecretsFile {
  /** A client of the type "Web application". */
  web: {
    /** The client's id. */
    client_id: string
    /** The Cloud project. */
    project_id: string
    /** The authorization endpoint. */
    auth_uri: string
    /** The token endpoint. */
    token_uri: string
    /** The keys that sign ID tokens, as certificates. */
    auth_provider_x509_cert_url: string
    /** The client's secret. */
    client_secret: string
    /** The registered redirect URIs. */
    redirect_uris: string[]
  }
}

export const DEFAULT_CLIENT_ID = 'emulator-client.apps.googleusercontent.com'
export const DEFAULT_PROJECT = 'emulator-project'
export const DEFAULT_REDIRECT_URIS = ['http://127.0.0.1:3000/auth/return', 'http://localhost:3000/auth/return']

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Throws a `TypeError` for a redirect URI that the Google console would refuse. */
export function checkRedirectUri(uri: string): void {
  const url = URL.canParse(uri) ? new URL(uri) : null
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname))
  if (
    !url ||
    !secure ||
    url.username ||
    url.password ||
    uri.includes('#') ||
    uri.includes('*') ||
    uri.includes('/..')
  ) {
    throw new TypeError(
      `The redirect URI ${JSON.stringify(uri)} cannot be registered: Google takes https, or http on a loopback host, ` +
        'without user info, fragment, wildcard or /..'
    )
  }
}

/** Whether pages of `origin` may use Google's script for this client. Its redirect URIs stand for its JavaScript origins. */
export function mayUseScript({ redirectUris }: EmulatorClient, origin: string): boolean {
  return redirectUris.some((uri) => new URL(uri).origin === origin)
}

/** The registered clients. */
export class Clients {
  readonly #byId = new Map<string, EmulatorClient>()

  add(registration: ClientRegistration): EmulatorClient {
    registration.redirectUris.forEach(checkRedirectUri)
    const client: EmulatorClient = {
      clientId: registration.clientId ?? `${newId()}.apps.googleusercontent.com`,
      clientSecret: registration.clientSecret ?? newClientSecret(),
      redirectUris: [...registration.redirectUris],
      project: registration.project ?? DEFAULT_PROJECT
    }
    if (this.#byId.has(client.clientId)) throw new TypeError(`There is a client ${client.clientId} already`)
    this.#byId.set(client.clientId, client)
    return client
  }

  /** The clients of a project. */
  inProject(project: string): EmulatorClient[] {
    return [...this.#byId.values()].filter((client) => client.project === project)
  }

  /** The client with this id, or the first client without an id; null when there is none. */
  find(clientId?: string): EmulatorClient | null {
    const first: EmulatorClient | undefined = this.#byId.values().next().value
    return (clientId === undefined ? first : this.#byId.get(clientId)) ?? null
  }
}
