import type { FastifyBaseLogger } from 'fastify'

/** What may be wrong with an app that works, and how to mend it. A code is stable; texts are not. */
const TEXTS = {
  GOOGLE_AUTH_WARN_MEMORY:
    'fastify-google-auth keeps sessions and credentials in memory. They end with this process, and other processes do not see them. Set the option redis in production.',
  GOOGLE_AUTH_WARN_LOOPBACK_REDIRECT:
    'redirectUri is on this machine, and NODE_ENV is production: browsers of users cannot come back to it. Set redirectUri to the public https URL of the return route, and register it in the Google console.',
  GOOGLE_AUTH_WARN_REDIRECT_NOT_REGISTERED:
    'redirectUri is not among the redirect_uris of the client secrets file, so Google will answer redirect_uri_mismatch. Register it in the Google console, letter by letter, and download the file again.',
  GOOGLE_AUTH_WARN_WEAK_SECRET:
    'The secret looks like an example, or like one that can be guessed. Make one with: openssl rand -base64 48',
  GOOGLE_AUTH_WARN_NO_DOMAIN:
    'The option hostedDomain was given, and is undefined, so users of any domain can sign in. Set the variable that it comes from, or leave the option out.',
  GOOGLE_AUTH_WARN_REDIS_WAITS:
    'The ioredis client has maxRetriesPerRequest: null, so its commands wait for ever while Redis is away, and pile up in memory. Leave that option out.',
  GOOGLE_AUTH_WARN_REDIS_EVICTS:
    'This Redis removes keys when its memory is full: users are signed out, and refresh tokens are lost. Set maxmemory-policy noeviction.',
  GOOGLE_AUTH_WARN_TRUST_PROXY:
    'A request came through a proxy, and Fastify does not trust it: addresses and the protocol in logs are those of the proxy, and sessions of the app with secure cookies are not saved. Set trustProxy to the address of the proxy.',
  GOOGLE_AUTH_WARN_SESSION_NOT_SAVED:
    'A browser came back from Google for the second time within a minute without its session. Its cookie was not set or not kept: a secure cookie over http, a proxy that Fastify does not trust (trustProxy), or another host name than that of redirectUri.',
  GOOGLE_AUTH_WARN_NO_OWNER:
    'A return from Google has no owner. If the user was signed in, the cookie that names them is perhaps SameSite=Strict, which a browser does not send on the way back from Google. Use SameSite=Lax, and find the user in an onRequest hook.',
  GOOGLE_AUTH_WARN_SESSION_WRITES:
    'The sessions of the app are written on requests that do not change them. Register @fastify/session with rolling: false and saveUninitialized: false.',
  GOOGLE_AUTH_WARN_COOKIE_NAME:
    'Two registrations of fastify-google-auth use one session cookie, so that each signs the users of the other out. Give each its own session.cookieName.',
  GOOGLE_AUTH_WARN_SEVEN_DAYS:
    'Google gave a grant that ends after seven days: the OAuth app is in testing. Publish it in the Google console (OAuth consent screen), or users must give access again each week.',
  GOOGLE_AUTH_WARN_RISC_SCOPES:
    "Google sends security events only for users who granted email or profile. Add 'email' to the option scopes, or leave out the option risc.",
  GOOGLE_AUTH_WARN_CLOCK:
    'The clock of this server differs from that of Google, so fresh ID tokens may be refused. Set it by NTP.'
} as const

export type WarningCode = keyof typeof TEXTS

/** Warns once about each thing. */
export class Warnings {
  readonly #log: FastifyBaseLogger
  readonly #told = new Set<WarningCode>()

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  tell(code: WarningCode, facts: object = {}): void {
    if (this.#told.has(code)) return
    this.#told.add(code)
    this.#log.warn({ code, ...facts }, TEXTS[code])
  }
}
