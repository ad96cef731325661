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
      ['api-types.ts', 'One API call, in the shape of gaxios’ options'],
      ['api-content.ts', 'The URL of a call, with its parameters'],
      ['api-error.ts', 'An API’s answer that is no success, in the shape that users of Google’s API clients know'],
      ['provider-http.ts', 'Time limit of one request to the provider'],
      ['api-retry.ts', 'The answer of `once`, which is tried again as `options` ask'],
      ['clean-cause.ts', 'How deep a chain of causes is followed'],
      ['errors.ts', 'HTTP status that each error code is answered with'],
      ['redact.ts', 'What stands in the place of a secret, wherever one would be printed'],
      ['scopes.ts', 'Google’s long names of the sign-in scopes, and their short ones'],
      ['token.ts', 'What a storage keeps of a token'],
      ['authorized.ts', 'Gives a token that can be sent now'],
      ['origins.ts', 'Gives the absolute URL of `input` when a token may be sent there'],
      [
        'authorized-fetch.ts',
        'A function of `fetch`’s type that sends the token of `source`, to origins that `rule` allows, and tries once m'
      ],
      ['api-request.ts', 'Makes one call'],
      ['client-secrets.ts', 'An OAuth client as the Google console describes it'],
      ['credentials.ts', 'Where a token may be sent'],
      ['grant-lost.ts', 'Google ends the grants of an app in "Testing" after seven days'],
      ['key-set.ts', 'How long keys are kept when the provider gives no `max-age`'],
      ['provider.ts', 'Where a provider is spoken to, and the names it signs by'],
      ['id-token.ts', 'Only this algorithm is believed'],
      ['token-endpoint.ts', 'An OAuth client and the provider that it talks to'],
      ['refresh.ts', 'All tries of one refresh together'],
      ['storage.ts', 'Computes what shall be stored from what is'],
      ['stored-credentials.ts', 'Default of `refreshAhead`'],
      ['turn.ts', 'One at a time for one slot within this process']
    ]
  },
  storage: {
    below: ['core'],
    packages: ['ioredis'],
    files: []
  },
  plugin: {
    below: ['core', 'storage'],
    packages: ['fastify', 'fastify-plugin', '@fastify/*', 'negotiator'],
    files: []
  },
  'stand-in': {
    below: [],
    packages: ['fastify', 'jose'],
    files: [
      ['html.ts', 'Markup that is safe to send'],
      ['visited-page.ts', 'Thrown when the pages do not lead back to the app'],
      ['browserless.ts', 'How the user behaves who is driven without a browser'],
      ['refusal.ts', 'Thrown by a handler to answer with an error'],
      ['api-refusal.ts', 'An error of the Calendar API in Google’s JSON shape'],
      ['calendar-event.ts', 'The start or the end of an event'],
      ['secrets.ts', 'A new access token, some 200 characters'],
      ['calendar.ts', 'One user’s primary calendar'],
      ['clients.ts', 'An OAuth client as registered in the Google console'],
      ['paths.ts', 'Where each endpoint answers below the issuer'],
      ['request-log.ts', 'A request that the stand-in received'],
      ['faults.ts', 'What goes wrong'],
      ['service-accounts.ts', 'A service account, known by the public half of its key'],
      ['users.ts', 'A Google account of the stand-in'],
      ['calendars.ts', 'A calendar for each user, with a few events of the coming days in it'],
      ['codes.ts', 'What an authorization code stands for, and what it is bound to'],
      ['grants.ts', 'What each user has allowed each project'],
      ['forms.ts', 'The query as it came, doubles included'],
      ['page.ts', 'A whole page, which says first that this is not Google'],
      ['scopes.ts', 'Scopes that only sign in'],
      ['authorization-request.ts', 'An authorization request that has passed every check'],
      ['pending-requests.ts', 'An authorization request whose user is still looking at a page'],
      ['signing-keys.ts', 'The key that signs ID tokens, and another one published beside it, as Google does'],
      ['tampering.ts', 'Changes to what the stand-in would rightly send, for tests of an app’s checks'],
      ['tokens.ts', 'Whom a token speaks for, and what it may do'],
      ['world.ts', 'The settings that the endpoints read'],
      ['options.ts', 'Options of `startStandInGoogle`'],
      ['stand-in-google.ts', 'A running stand-in Google'],
      ['account-page.ts', 'The page that asks which account to go on with'],
      ['authorization-response.ts', 'The URL that brings an error back to the app'],
      ['consent-page.ts', 'What the consent page asks about'],
      ['consent.ts', 'Whether the user must be asked'],
      ['authorize-routes.ts', 'The authorization endpoint and the forms of its pages'],
      ['bearer.ts', 'The answer to a good token that lacks the scope'],
      ['event-list.ts', 'Google’s default and limit for `maxResults` of events'],
      ['calendar-routes.ts', 'The events of the Calendar API'],
      ['discovery-routes.ts', 'What apps may keep the keys for'],
      ['id-token.ts', 'Google’s ID tokens live an hour'],
      ['identity-routes.ts', 'Who is behind a token'],
      ['assertion-grant.ts', 'Whose token it becomes'],
      ['client-authentication.ts', 'A part of the Basic pair, which RFC 6749 wants form-encoded before base64'],
      ['token-response.ts', 'The successful answer for a user'],
      ['code-grant.ts', '@see https://www.rfc-editor.org/rfc/rfc7636#section-4.1'],
      ['refresh-grant.ts', 'The answer for a refresh token'],
      ['token-routes.ts', 'The endpoints that apps call from their servers'],
      ['server.ts', 'The HTTP server, not yet listening'],
      ['start.ts', 'A stand-in Google, listening on 127.0.0.1']
    ]
  },
  entries: {
    below: ['core', 'storage', 'plugin', 'stand-in'],
    packages: [],
    files: [['stand-in.ts', 'stand-in.ts']]
  }
}

/** What single files may import beyond their layer. */
const ALSO_ALLOWED: Record<string, string[]> = {
  // The option `redis` is a URL or an ioredis client.
  'plugin/options.ts': ['ioredis']
}

/** Tables of contents for users; nobody inside src imports them. What each may export: files, or whole folders. */
const ENTRIES: Record<string, string[]> = {
  'core.ts': ['core/', 'storage/file', 'storage/memory'],
  'stand-in.ts': ['stand-in/'],
  'index.ts': ['core/', 'storage/', 'plugin/']
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
  if (specifier in ENTRIES || specifier.endsWith('/index.ts')) return 'that is a table of contents, for users only'
  if (name === 'entries') {
    return (ENTRIES[file] ?? []).some((start) => specifier.startsWith(start)) ? null : 'this entry may not export it'
  }
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
    t.ok(whatItIs.length > 10, `${file} has a description`)
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
