/**
 * The map of the source, and the rule that keeps it readable: imports go one way.
 *
 * Every file of src/ stands in one of the lists below, with what it is. A file imports only what stands above it in its own
 * list, or in the list of a layer below; type imports obey the same order. Read it from the top to learn the package.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'

interface Layer {
  /** Which folders (and entry files) of src the files may import, besides what stands above them in their own list. */
  below: string[]
  /** The npm packages that the files may import; `node:` modules always. `@fastify/*` stands for a whole scope. */
  packages: string[]
  files: [file: string, whatItIs: string][]
}

const LAYERS: Record<string, Layer> = {
  core: {
    below: [],
    packages: ['jose', 'oauth4webapi', 'undici'],
    files: [
      ['clean-cause.ts', 'Copies of errors without what they carry along'],
      ['errors.ts', 'Every error, its code and its HTTP status'],
      ['unless-aborted.ts', 'A promise, or the end of the caller’s patience'],
      ['provider-http.ts', 'Requests to the provider: in time, of bounded size, https'],
      ['client-secrets.ts', 'client_secrets.json, checked'],
      ['provider.ts', 'Where the provider is: Google, or by discovery'],
      ['key-set.ts', 'The provider’s keys, cached'],
      ['id-token.ts', 'ID tokens, verified'],
      ['scopes.ts', 'Scopes as sets, long and short names as one'],
      ['redact.ts', 'How things with secrets print'],
      ['token.ts', 'One answer of the token endpoint, frozen'],
      ['storage.ts', 'What a storage is'],
      ['turn.ts', 'One at a time within a process, failures and results shared'],
      ['memory-storage.ts', 'A slot in memory'],
      ['login-attempt.ts', 'What is remembered from the way out to the return'],
      ['token-endpoint.ts', 'Exchange, refresh and revocation on the wire'],
      ['grant-lost.ts', 'A guess at why a grant has died'],
      ['refresh.ts', 'A refresh: retried within its budget, death told from trouble'],
      ['origins.ts', 'Where a token may be sent'],
      ['authorized.ts', 'Send with a token; after a 401 once more with another'],
      ['one-shot.ts', 'Whether a body can be sent twice'],
      ['redirect.ts', 'Redirects, which never carry a token off'],
      ['authorized-fetch.ts', '`fetch` with a token'],
      ['api-types.ts', 'An API call and its answer, shaped as gaxios has them'],
      ['api-exchange.ts', 'A request over the connections of `fetch`'],
      ['api-content.ts', 'URL, headers and bodies of API calls'],
      ['api-error.ts', 'An API’s answer that is no success'],
      ['pause.ts', 'Pauses between tries'],
      ['retrying-fetch.ts', 'Tries of idempotent requests'],
      ['api-retry.ts', 'Which API calls are tried again'],
      ['api-request.ts', 'API calls over a pool of connections'],
      ['pooled-response.ts', 'A `Response` that reads from the connection'],
      ['pooled-fetch.ts', '`fetch` at less than half of its cost'],
      ['tokeninfo.ts', 'What Google says a token may do'],
      ['credentials.ts', 'Credentials: whatever gives a token'],
      ['stored-slot.ts', 'Small wrappers of a storage'],
      ['stored-credentials.ts', 'Credentials that live in a storage and renew themselves there'],
      ['serialize-document.ts', 'JSON files of credentials'],
      ['serialize-user.ts', 'oauth2client’s JSON of a user’s credentials'],
      ['oauth2-credentials.ts', 'A user’s credentials'],
      ['callback.ts', 'The return from the provider, as parameters'],
      ['flow.ts', 'The flow: authorize URL, checked return, exchange'],
      ['access-token-credentials.ts', 'An access token from elsewhere'],
      ['service-account-key.ts', 'The key file of a service account'],
      ['service-account-refresh.ts', 'A token for a signed assertion'],
      ['service-account-credentials.ts', 'A service account’s credentials'],
      ['deserialize.ts', 'Credentials from JSON'],
      ['loopback.ts', 'A sign-in for scripts']
    ]
  },
  storage: {
    below: ['core'],
    packages: ['ioredis'],
    files: [
      ['sealing.ts', 'AES-256-GCM, keys by purpose, rotation'],
      ['redis-scripts.ts', 'The Lua scripts'],
      ['redis-commands.ts', 'Scripts as commands, with WAIT where asked'],
      ['time-limit.ts', 'What any one command may take'],
      ['redis-connection.ts', 'The connection: ours by URL, or handed over'],
      ['credential-slot.ts', 'The atomic steps on a slot in Redis'],
      ['turns.ts', 'Turns of many slots'],
      ['leased-storage.ts', 'The rules of a slot that many processes share'],
      ['redis-keys.ts', 'The keys of a user'],
      ['redis.ts', 'Sealed credentials in Redis'],
      ['sessions.ts', 'What a store of sessions is'],
      ['file-guard.ts', 'A lock on a file that survives kill -9'],
      ['file-content.ts', 'Reading and replacing a file safely'],
      ['file-document.ts', 'oauth2client’s JSON in a file'],
      ['file-lease.ts', 'Who computes a change of a file'],
      ['file.ts', 'One user’s credentials in a file'],
      ['memory-sessions.ts', 'Sessions in memory'],
      ['redis-sessions.ts', 'Sessions in Redis, with tombstones and an index']
    ]
  },
  plugin: {
    below: ['core', 'storage'],
    packages: ['fastify', 'fastify-plugin', '@fastify/*', 'negotiator'],
    files: [
      ['types.ts', 'The options and the user, as types'],
      ['return-to.ts', 'Paths of this site, and nothing else'],
      ['option-checks.ts', 'The check of each option'],
      ['session-options.ts', 'The options for @fastify/session'],
      ['options.ts', 'The front door: options become settings'],
      ['navigation.ts', 'Browser or script, this site or another'],
      ['error-page.ts', 'The built-in pages'],
      ['stores.ts', 'Where credentials and sessions live'],
      ['session-signer.ts', 'The signature of session cookies'],
      ['session-plugin.ts', '@fastify/session, set up lean'],
      ['sign-in-rounds.ts', 'Sign-ins that lead nowhere, counted'],
      ['user-sessions.ts', 'Sessions of users: in, out, everywhere out'],
      ['attempt-cookies.ts', 'Login attempts in sealed cookies'],
      ['start-url.ts', 'The paths that begin a sign-in'],
      ['answers.ts', 'Failures as JSON or as a page'],
      ['guard.ts', '`required()`'],
      ['google-client.ts', '`request.googleClient`'],
      ['background.ts', 'Work behind requests, awaited at the end'],
      ['told.ts', 'Hooks that change nothing any more'],
      ['grants.ts', 'Clients of grants, and revocation'],
      ['start-route.ts', '`GET /auth/start`'],
      ['user.ts', 'The user that claims speak of'],
      ['return-route.ts', '`GET /auth/return`'],
      ['end-of-grant.ts', 'Credentials, sessions and grant, ended in order'],
      ['end-routes.ts', '`POST /auth/signout` and `/auth/revoke`'],
      ['routes.ts', 'The four routes in a scope of their own'],
      ['plugin.ts', 'The plugin: all of it put together']
    ]
  },
  'stand-in': {
    below: [],
    packages: ['fastify', 'jose'],
    files: [
      ['html.ts', 'Markup that is safe to send'],
      ['visited-page.ts', 'Thrown when the pages do not lead back to the app'],
      ['browserless.ts', 'A user without a browser'],
      ['refusal.ts', 'Errors as answers'],
      ['api-refusal.ts', 'An error of the Calendar API in Google’s JSON shape'],
      ['calendar-event.ts', 'An event, and drafts of one'],
      ['secrets.ts', 'Tokens and codes that look like Google’s'],
      ['calendar.ts', 'One user’s primary calendar'],
      ['clients.ts', 'An OAuth client as registered in the Google console'],
      ['paths.ts', 'Where each endpoint answers below the issuer'],
      ['request-log.ts', 'A request that the stand-in received'],
      ['faults.ts', 'What goes wrong'],
      ['service-accounts.ts', 'A service account, known by the public half of its key'],
      ['users.ts', 'A Google account of the stand-in'],
      ['calendars.ts', 'Everybody’s calendars, with a few events to begin with'],
      ['codes.ts', 'What an authorization code stands for, and what it is bound to'],
      ['grants.ts', 'What each user has allowed each project'],
      ['forms.ts', 'Queries and forms, doubles included'],
      ['page.ts', 'A whole page, which says first that this is not Google'],
      ['scopes.ts', 'The scopes that exist'],
      ['authorization-request.ts', 'An authorization request that has passed every check'],
      ['pending-requests.ts', 'An authorization request whose user is still looking at a page'],
      ['signing-keys.ts', 'The key that signs ID tokens, and another one published beside it, as Google does'],
      ['tampering.ts', 'Changes to what the stand-in would rightly send, for tests of an app’s checks'],
      ['tokens.ts', 'Codes’ and tokens’ keeping'],
      ['world.ts', 'All state, and what ends with a grant'],
      ['options.ts', 'Options of `startStandInGoogle`'],
      ['stand-in-google.ts', 'A running stand-in Google'],
      ['account-page.ts', 'The page that asks which account to go on with'],
      ['authorization-response.ts', 'The way back to the app'],
      ['consent-page.ts', 'The consent page'],
      ['consent.ts', 'Whether and what the user must be asked'],
      ['authorize-routes.ts', 'The authorization endpoint and the forms of its pages'],
      ['bearer.ts', 'Bearer tokens at the API'],
      ['event-list.ts', 'Lists of events, in pages'],
      ['calendar-routes.ts', 'The events of the Calendar API'],
      ['discovery-routes.ts', 'Discovery and keys'],
      ['id-token.ts', 'ID tokens'],
      ['identity-routes.ts', 'userinfo and tokeninfo'],
      ['assertion-grant.ts', 'Tokens for assertions of service accounts'],
      ['client-authentication.ts', 'Which client is asking'],
      ['token-response.ts', 'The successful answer for a user'],
      ['code-grant.ts', 'Tokens for a code'],
      ['refresh-grant.ts', 'Tokens for a refresh token'],
      ['token-routes.ts', 'The token and revocation endpoints'],
      ['server.ts', 'The HTTP server, not yet listening'],
      ['start.ts', 'A stand-in Google, listening on 127.0.0.1']
    ]
  },
  entries: {
    below: ['core', 'storage', 'plugin', 'stand-in'],
    packages: [],
    files: [
      ['core.ts', 'All without Fastify and Redis'],
      ['stand-in.ts', 'The stand-in Google'],
      ['index.ts', 'The plugin, and all of core']
    ]
  }
}

/** What single files may import beyond their layer: types of what users hand over. */
const ALSO_ALLOWED: Record<string, string[]> = {
  'plugin/types.ts': ['ioredis'],
  'plugin/grants.ts': ['undici'],
  'storage/file-guard.ts': ['proper-lockfile']
}

/** Tables of contents for users; nobody inside src imports them. What each may export: files, or whole folders. */
const ENTRIES: Record<string, string[]> = {
  'core.ts': ['core/', 'storage/file'],
  'stand-in.ts': ['stand-in/'],
  'index.ts': ['core.ts', 'storage/', 'plugin/']
}

const SRC = fileURLToPath(new URL('../src', import.meta.url))

const listed = Object.entries(LAYERS).flatMap(([name, layer]) =>
  layer.files.map(([file]) => ({ file: name === 'entries' ? file : `${name}/${file}`, name, layer }))
)
const positions = new Map(listed.map(({ file }, index) => [file, index]))
const onDisk = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))

/** What `file` imports, re-exports or names in `import('…')`, types included: `node:…`, a package, or a path inside src. */
const importsOf = (file: string): string[] =>
  ts.preProcessFile(readFileSync(join(SRC, file), 'utf8'), true, true).importedFiles.map(({ fileName }) =>
    fileName.startsWith('.')
      ? relative(SRC, join(SRC, dirname(file), fileName))
          .replaceAll('\\', '/')
          .replace(/\.js$/, '.ts')
      : fileName
  )

const isInside = (specifier: string): boolean => specifier.endsWith('.ts')

const allows = (packages: string[], specifier: string): boolean =>
  packages.some((name) =>
    name.endsWith('/*')
      ? specifier.startsWith(name.slice(0, -1))
      : specifier === name || specifier.startsWith(`${name}/`)
  )

/** What is wrong with `file` importing `specifier`, or null. */
const objection = (file: string, { name, layer }: { name: string; layer: Layer }, specifier: string): string | null => {
  if (specifier.startsWith('node:')) return null
  if (!isInside(specifier)) {
    const fine = allows([...layer.packages, ...(ALSO_ALLOWED[file] ?? [])], specifier)
    return fine ? null : `the layer ${name} may not import the package`
  }
  if (name === 'entries') {
    return (ENTRIES[file] ?? []).some((start) => specifier.startsWith(start)) ? null : 'this entry may not export it'
  }
  if (specifier in ENTRIES || specifier.endsWith('/index.ts')) return 'that is a table of contents, for users only'
  const target = specifier.split('/')[0] ?? ''
  if (target !== name) return layer.below.includes(target) ? null : `the layer ${name} may not import from ${target}`
  return (positions.get(specifier) ?? -1) < (positions.get(file) ?? -1) ? null : 'it stands below in the list'
}

t.test('the map names every file of src once, and no other', async (t) => {
  t.same(listed.map(({ file }) => file).sort(), onDisk.sort(), 'files listed here, and files on disk')
  t.equal(positions.size, listed.length, 'none is listed twice')
  t.same(
    LAYERS.entries?.files.map(([file]) => file).sort(),
    Object.keys(ENTRIES).sort(),
    'every entry says what it may export'
  )
  for (const [file, whatItIs] of Object.values(LAYERS).flatMap(({ files }) => files)) {
    t.ok(whatItIs.length > 5, `${file} has a description`)
  }
})

t.test('imports go one way', async (t) => {
  for (const { file, name, layer } of listed) {
    if (!onDisk.includes(file)) continue
    const objections = importsOf(file).flatMap((specifier) => {
      const why = objection(file, { name, layer }, specifier)
      return why === null ? [] : [`${specifier}: ${why}`]
    })
    t.same(objections, [], file)
  }
})
