import type { FastifyInstance } from 'fastify'
import { type Intent, type UserBehavior, walkThrough } from './browserless.js'
import type { Calendar } from '../state/calendar/calendar.js'
import {
  checkRedirectUri,
  type ClientRegistration,
  type ClientSecretsFile,
  DEFAULT_PROJECT,
  type EmulatorClient
} from '../state/registry/clients.js'
import type { Fault } from '../state/faults/faults.js'
import { type Endpoint, endpointsOf, PATHS } from '../http/paths.js'
import type { SeenRequest } from '../state/faults/request-log.js'
import type { RefreshRefusal } from '../state/grants/refresh-refusals.js'
import {
  newServiceAccount,
  type ServiceAccountKeyFile,
  type EmulatorServiceAccount
} from '../state/registry/service-accounts.js'
import { RiscTransmitter } from '../risc/transmitter.js'
import { splitScopes } from '../state/grants/scopes.js'
import { credentialFor, codeWithoutPkce, type CredentialRequest } from '../token/without-authorization-request.js'
import type { Tampering } from '../state/faults/tampering.js'
import type { EmulatorUser, UserRegistration } from '../state/registry/users.js'
import { endGrant, type World } from '../state/world.js'

/** A running Google emulator. Made by `startGoogleEmulator`. */
export class GoogleEmulator {
  /** The OpenID issuer, and the origin of all endpoints: `http://127.0.0.1:PORT`. */
  readonly issuer: string
  /** The origin of the Calendar API: the `rootUrl` for Google's API clients. */
  readonly apiOrigin: string
  /** The absolute URLs: `authorization`, `token`, `revocation`, `jwks`, `userinfo`, `tokeninfo`. */
  readonly endpoints: ReturnType<typeof endpointsOf>
  /** Google as the transmitter of security events (Cross-Account Protection). */
  readonly risc: RiscTransmitter
  readonly #world: World
  readonly #server: FastifyInstance

  constructor(world: World, server: FastifyInstance) {
    this.issuer = world.issuer
    this.apiOrigin = world.issuer
    this.endpoints = endpointsOf(world.issuer)
    this.risc = new RiscTransmitter(world)
    this.#world = world
    this.#server = server
  }

  /** The default client's client_secrets.json, parsed. */
  get clientSecrets(): ClientSecretsFile {
    return this.clientSecretsOf()
  }

  /**
   * A client's client_secrets.json, parsed; the default client's without an id.
   * @param clientId The client's id.
   */
  clientSecretsOf(clientId?: string): ClientSecretsFile {
    const client = this.#client(clientId)
    return {
      web: {
        client_id: client.clientId,
        project_id: client.project,
        auth_uri: this.issuer + PATHS.oldAuthorization,
        token_uri: this.endpoints.token,
        auth_provider_x509_cert_url: this.issuer + PATHS.certificates,
        client_secret: client.clientSecret,
        redirect_uris: [...client.redirectUris]
      }
    }
  }

  /**
   * Registers a client and returns it, with values for the parts that were left out.
   * @param registration What is known of the client.
   */
  addClient(registration: ClientRegistration): Readonly<EmulatorClient> {
    return this.#world.clients.add(registration)
  }

  /**
   * Registers another redirect URI of a client, for example of an app whose port is known late.
   * @param uri The redirect URI.
   * @param clientId The client's id; default: the default client's.
   */
  addRedirectUri(uri: string, clientId?: string): void {
    checkRedirectUri(uri)
    this.#client(clientId).redirectUris.push(uri)
  }

  /** All accounts. */
  get users(): readonly EmulatorUser[] {
    return this.#world.users.all()
  }

  /**
   * Adds an account and returns it, with values for the parts that were left out.
   * @param user What is known of the account.
   */
  addUser(user: UserRegistration): EmulatorUser {
    return this.#world.users.add(user)
  }

  /**
   * Adds a service account with a public key of your own.
   * @param account The service account.
   */
  addServiceAccount(account: EmulatorServiceAccount): void {
    this.#world.serviceAccounts.add(account)
  }

  /**
   * Makes a service account with a new key, and returns its key file, parsed.
   * @param asked Its e-mail address, and for whom it may act; what is left out is made up.
   */
  async createServiceAccount(
    asked: { clientEmail?: string; delegation?: { subjects: string[]; scopes: string[] } } = {}
  ): Promise<ServiceAccountKeyFile> {
    const { account, keyFile } = await newServiceAccount(asked, { project: DEFAULT_PROJECT, ...this.endpoints })
    this.addServiceAccount(account)
    return keyFile
  }

  /**
   * The URL that brings a code back to the app, after a user has answered the pages behind the authorize URL. Throws an
   * `EmulatorPageError` for an error page.
   * @param authorizeUrl Where the app sends the browser.
   * @param behavior Who signs in, and what they untick.
   */
  async approve(authorizeUrl: string | URL, behavior: UserBehavior = {}): Promise<string> {
    return walkThrough(String(authorizeUrl), this.#intent(authorizeUrl, 'continue', behavior))
  }

  /**
   * The URL that brings `error=access_denied` back to the app, after a user has pressed Cancel on the consent page.
   * @param authorizeUrl Where the app sends the browser.
   * @param behavior Who signs in.
   */
  async cancel(authorizeUrl: string | URL, behavior: Omit<UserBehavior, 'untick'> = {}): Promise<string> {
    return walkThrough(String(authorizeUrl), this.#intent(authorizeUrl, 'cancel', behavior))
  }

  /**
   * An ID token that came by no code, as Google's button, One Tap, a phone or a service of Google gives it.
   * @param user The user's `sub` or e-mail address.
   * @param asked For whom it is made, and what it says besides.
   */
  credential(user: string, asked: CredentialRequest = {}): Promise<string> {
    return credentialFor(this.#world, this.#client(), this.#user(user), asked)
  }

  /**
   * A code that Google's script in a popup, or an app on a phone, has got with the user's consent.
   * @param user The user's `sub` or e-mail address.
   * @param asked How, and for which scopes.
   * @param asked.from Who has asked for it. Default: the script.
   * @param asked.scopes What the user has granted. Default: to be signed in.
   */
  code(user: string, { from = 'popup', scopes = [] }: { from?: 'popup' | 'mobile'; scopes?: string[] } = {}): string {
    const granted = splitScopes(['openid email profile', ...scopes].join(' '))
    const redirectUri = from === 'popup' ? 'postmessage' : ''
    return codeWithoutPkce(this.#world, this.#client(), this.#user(user), granted, redirectUri)
  }

  /**
   * Makes the next requests to an endpoint fail. Returns a function that removes the fault.
   * @param endpoint Which endpoint.
   * @param fault What goes wrong, and how often.
   */
  failNext(endpoint: Endpoint, fault: Fault): () => void {
    return this.#world.faults.add(endpoint, fault)
  }

  /**
   * Changes what the emulator sends. Returns a function that ends the change.
   * @param tampering What is changed.
   */
  tamper(tampering: Tampering): () => void {
    return this.#world.tamperings.add(tampering)
  }

  /**
   * Refuses the refresh tokens of one user, as Google does for that reason. Returns a function that ends this. What the user has
   * granted stays as it is.
   * @param sub The user's.
   * @param reason Why: one of Google's reasons.
   */
  refuseRefreshes(sub: string, reason: RefreshRefusal): () => void {
    return this.#world.refreshRefusals.add(sub, reason)
  }

  /**
   * Sets the emulator's clock on or back, against the one it has begun with: the times in its tokens, the ends of all it has given
   * out, its `Date` headers.
   * @param ms Milliseconds; negative for a clock that is behind; 0 ends it.
   */
  skewClock(ms: number): void {
    this.#world.settings.skewClock(ms)
  }

  /** Signs ID tokens with a new key from now on. The old key leaves the key set. */
  rotateKeys(): void {
    this.#world.keys.rotate()
  }

  /** The requests since the last reset, the latest 10,000 of them. */
  get requests(): readonly SeenRequest[] {
    return this.#world.log.seen
  }

  /**
   * How many requests the endpoint has had since the last reset, failed ones included.
   * @param endpoint Which endpoint.
   * @param options Which of its requests.
   * @param options.grantType Those of one grant type, such as `refresh_token`; default: all.
   */
  count(endpoint: Endpoint, { grantType }: { grantType?: string } = {}): number {
    return this.#world.log.count(endpoint, grantType)
  }

  /** Forgets the requests so far. */
  resetCounts(): void {
    this.#world.log.reset()
  }

  /**
   * Ends the access tokens of one user, or of all users. Refresh tokens stay valid.
   * @param sub The user's; default: everybody's.
   */
  expireAccessTokens(sub?: string): void {
    this.#world.tokens.expireAccess(sub)
  }

  /**
   * Removes the app at Google, as a user can: all clients of its project lose the grant; without a client, those of all projects.
   * @param sub The user's.
   * @param clientId The client's id.
   */
  revokeGrant(sub: string, clientId?: string): void {
    endGrant(this.#world, sub, clientId === undefined ? undefined : this.#client(clientId).project)
  }

  /**
   * The scopes that the user has granted, and the number of live refresh tokens.
   * @param sub The user's.
   */
  grants(sub: string): {
    /** All that the user has granted, to any project. */
    scopes: string[]
    /** How many refresh tokens of the user live. */
    refreshTokens: number
  } {
    return {
      scopes: [...this.#world.grants.allScopes(sub)].sort(),
      refreshTokens: this.#world.tokens.refreshCount(sub)
    }
  }

  /**
   * The calendar of a user, to read or to fill. For a service account, pass its e-mail address.
   * @param sub The user's; for a service account its e-mail address.
   */
  calendar(sub: string): Calendar {
    return this.#world.calendars.of(sub)
  }

  /** Stops listening and drops every connection. */
  async close(): Promise<void> {
    this.#world.faults.close()
    await this.#server.close()
  }

  #client(clientId?: string): EmulatorClient {
    const client = this.#world.clients.find(clientId)
    if (!client) throw new TypeError(`There is no client ${clientId ?? 'registered'}`)
    return client
  }

  #user(named: string): EmulatorUser {
    const user = this.#world.users.find(named)
    if (!user) throw new TypeError(`There is no user ${named}`)
    return user
  }

  #intent(authorizeUrl: string | URL, decision: Intent['decision'], { sub, email, untick = [] }: UserBehavior): Intent {
    const named = sub ?? email
    const user = named === undefined ? null : this.#user(named)
    const hint = new URL(authorizeUrl).searchParams.get('login_hint')
    const hinted = hint === null ? null : this.#world.users.find(hint)
    return { wanted: user?.sub ?? null, hinted: hinted?.sub ?? null, decision, untick }
  }
}
