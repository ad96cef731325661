import { createHash } from 'node:crypto'

/** The content of the built-in error page. All texts are escaped. A link that is neither http(s) nor a path is left out. */
export interface ErrorView {
  title: string
  message: string
  statusCode: number
  code: string
  /** Scopes that the user has not granted. */
  missingScopes?: readonly string[]
  tryAgainUrl?: string
  /** Default "Try again". */
  tryAgainLabel?: string
  homeUrl?: string
  /** A name or an e-mail address. */
  signedInAs?: string
}

/** The content of the built-in notice. */
export interface NoticeView {
  title: string
  message: string
  tryAgainUrl?: string
  continueUrl: string
}

/** Which pages may show this one in a frame: none, or those of this site when the request comes from a frame. */
export type FrameAncestors = "'none'" | "'self'"

const STYLE = `
:root { color-scheme: light dark; --page: #f3f5f8; --card: #fff; --ink: #1f2328; --soft: #57606a; --line: #d5dae0; --edge: #747d88; --main: #0b57d0; --on-main: #fff; --tint: #e9f0fd }
@media (prefers-color-scheme: dark) {
  :root { --page: #121417; --card: #1d2024; --ink: #e6e8eb; --soft: #b0b8c1; --line: #383d44; --edge: #868f99; --main: #a8c7fa; --on-main: #0a2755; --tint: #26303f }
}
* { box-sizing: border-box }
body { margin: 0; padding: 12vh 1rem 2rem; font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink); background: var(--page); overflow-wrap: anywhere }
main { max-width: 34rem; margin: 0 auto; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 1rem }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; font-weight: 600; text-wrap: balance }
h2 { margin: 0 0 .5rem; font-size: 1rem; font-weight: 600 }
p { margin: 0 0 1rem }
section { margin: 0 0 1.25rem; padding: 1rem 1.25rem; background: var(--tint); border-radius: .75rem }
ul { margin: 0; padding: 0 0 0 1.1rem }
li + li { margin-top: .5rem }
small, footer { color: var(--soft); font-size: .8125rem }
li small { display: block }
code { font: inherit }
nav { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 0 }
nav a { min-height: 2.75rem; padding: .6rem 1.35rem; font-weight: 600; text-decoration: none; color: var(--ink); border: 1px solid var(--edge); border-radius: 2rem }
nav a.main { color: var(--on-main); background: var(--main); border-color: var(--main) }
nav a:hover { text-decoration: underline }
:focus-visible { outline: 3px solid var(--main); outline-offset: 3px }
footer { max-width: 34rem; margin: 1rem auto 0; padding: 0 .5rem; text-align: center }
@media (max-width: 30rem) { body { padding: 1rem 1rem 2rem } main { padding: 1.5rem 1.25rem } nav a { flex: 1 1 100%; text-align: center } }
`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** The Content-Security-Policy of these pages. It allows only their own style. */
export function pagePolicy(frameAncestors: FrameAncestors): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${frameAncestors}`
  ].join('; ')
}

const GOOGLE_SCOPE = 'https://www.googleapis.com/auth/'

/** Words for the scopes that apps ask for most. The key is the scope, without `GOOGLE_SCOPE` at its start. */
const SCOPE_WORDS: Readonly<Record<string, string>> = {
  openid: 'Know who you are at Google',
  email: 'See your email address',
  'userinfo.email': 'See your email address',
  profile: 'See your name and picture',
  'userinfo.profile': 'See your name and picture',
  calendar: 'See and change your calendars, and who can see them',
  'calendar.readonly': 'See your calendars',
  'calendar.events': 'See and change events on your calendars',
  'calendar.events.readonly': 'See events on your calendars',
  'contacts.readonly': 'See your contacts',
  contacts: 'See and change your contacts',
  documents: 'See and change your documents',
  'documents.readonly': 'See your documents',
  drive: 'See, change and delete all your files in Drive',
  'drive.file': 'See and change the files in Drive that you use with this app',
  'drive.readonly': 'See your files in Drive',
  'gmail.modify': 'Read, write and send your email',
  'gmail.readonly': 'Read your email',
  'gmail.send': 'Send email in your name',
  spreadsheets: 'See and change your spreadsheets',
  'spreadsheets.readonly': 'See your spreadsheets',
  tasks: 'See and change your tasks',
  'tasks.readonly': 'See your tasks'
}

/** The scope in words that a user understands; `null` for one without words here. */
function wordsFor(scope: string): string | null {
  const name = scope.startsWith(GOOGLE_SCOPE) ? scope.slice(GOOGLE_SCOPE.length) : scope
  return Object.hasOwn(SCOPE_WORDS, name) ? (SCOPE_WORDS[name] ?? null) : null
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

/** An origin that no link has. A path is parsed against it, as the browser will parse it against the app's own. */
const HERE = 'http://here.invalid'

/** The target of a link as a browser reads it: an absolute http(s) URL or a path of this origin; `null` for any other. */
function safeHref(target: string): string | null {
  if (URL.canParse(target)) {
    const url = new URL(target)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null
  }
  const url = target.startsWith('/') && URL.canParse(target, HERE) ? new URL(target, HERE) : null
  // `/.//evil.example` is on this origin when parsed, but its normal form `//evil.example` is not.
  return url?.origin === HERE && !url.pathname.startsWith('//') ? url.pathname + url.search + url.hash : null
}

function link(target: string | undefined, label: string, main = false): string {
  const href = target === undefined ? null : safeHref(target)
  return href === null
    ? ''
    : `<a${main ? ' class="main"' : ''} href="${escape(href)}" target="_top">${escape(label)}</a>`
}

const paragraph = (text: string): string => `<p>${escape(text)}</p>`

function scopeItem(scope: string): string {
  const words = wordsFor(scope)
  const name = `<code>${escape(scope)}</code>`
  return words === null ? `<li>${name}</li>` : `<li>${escape(words)} <small>${name}</small></li>`
}

function scopeList(scopes: readonly string[]): string {
  if (scopes.length === 0) return ''
  return `<section aria-labelledby="missing"><h2 id="missing">What you have not allowed yet</h2><ul>${scopes.map(scopeItem).join('')}</ul></section>`
}

function navigation(...links: string[]): string {
  const present = links.filter((text) => text !== '')
  return present.length === 0 ? '' : `<nav aria-label="What to do next">${present.join('\n')}</nav>`
}

function page(title: string, parts: readonly string[], footer = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${[`<h1>${escape(title)}</h1>`, ...parts].filter((part) => part !== '').join('\n')}
</main>
${footer === '' ? '' : `<footer>${escape(footer)}</footer>\n`}</body>
</html>
`
}

/** The HTML page for a failed sign-in, or for a guarded page that the user cannot see. Send it with `pagePolicy()`. */
export function errorPage(view: ErrorView): string {
  const { title, message, statusCode, code, missingScopes = [], tryAgainUrl, tryAgainLabel, homeUrl, signedInAs } = view
  return page(
    title,
    [
      paragraph(message),
      scopeList(missingScopes),
      signedInAs === undefined ? '' : paragraph(`You are signed in as ${signedInAs}.`),
      navigation(link(tryAgainUrl, tryAgainLabel ?? 'Try again', true), link(homeUrl, 'Go to the home page'))
    ],
    `Error ${statusCode} · ${code}`
  )
}

/** The HTML page for a notice, with a link to go on. Send it with `pagePolicy()`. */
export function noticePage({ title, message, tryAgainUrl, continueUrl }: NoticeView): string {
  const onward = link(continueUrl, 'Continue', tryAgainUrl === undefined)
  return page(title, [paragraph(message), navigation(link(tryAgainUrl, 'Choose again', true), onward)])
}
