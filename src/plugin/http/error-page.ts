import { createHash } from 'node:crypto'
import type { Brand } from '../options/brand-options.js'
import { styleOf } from './page-style.js'
import { wordsFor } from './scope-words.js'

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

/** The built-in pages of one app. */
export class Pages {
  readonly #brand: Brand
  readonly #style: string
  readonly #styleHash: string

  constructor(brand: Brand = {}) {
    this.#brand = brand
    this.#style = styleOf(brand)
    this.#styleHash = createHash('sha256').update(this.#style).digest('base64')
  }

  /** The Content-Security-Policy of these pages. It allows only their own style, and the logo of the app. */
  policy(frameAncestors: FrameAncestors): string {
    const { logo } = this.#brand
    const source = logo === undefined ? null : URL.canParse(logo) ? new URL(logo).origin : "'self'"
    return [
      "default-src 'none'",
      `style-src 'sha256-${this.#styleHash}'`,
      ...(source === null ? [] : [`img-src ${source}`]),
      "base-uri 'none'",
      "form-action 'self'",
      `frame-ancestors ${frameAncestors}`
    ].join('; ')
  }

  /** The page for a failed sign-in, or for a guarded page that the user cannot see. */
  error(view: ErrorView): string {
    const {
      title,
      message,
      statusCode,
      code,
      missingScopes = [],
      tryAgainUrl,
      tryAgainLabel,
      homeUrl,
      signedInAs
    } = view
    return this.#page(
      title,
      [
        paragraph(message),
        scopeList(missingScopes),
        signedInAs === undefined ? '' : paragraph(`You are signed in as ${signedInAs}.`),
        navigation(link(tryAgainUrl, tryAgainLabel ?? 'Try again', true), link(homeUrl, 'Go to the home page'))
      ],
      // The code is for developers, who find it in the source of the page.
      { code, footer: `Error ${statusCode}` }
    )
  }

  /** The page for a notice, with a link to go on. */
  notice({ title, message, tryAgainUrl, continueUrl }: NoticeView): string {
    const onward = link(continueUrl, 'Continue', tryAgainUrl === undefined)
    return this.#page(title, [paragraph(message), navigation(link(tryAgainUrl, 'Choose again', true), onward)])
  }

  #page(title: string, parts: readonly string[], { code = '', footer = '' } = {}): string {
    const { name } = this.#brand
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${code === '' ? '' : `<meta name="google-auth-error" content="${escape(code)}">\n`}<title>${escape(name === undefined ? title : `${title} · ${name}`)}</title>
<style>${this.#style}</style>
</head>
<body>
${this.#header()}<main>
${[`<h1>${escape(title)}</h1>`, ...parts].filter((part) => part !== '').join('\n')}
</main>
${footer === '' ? '' : `<footer>${escape(footer)}</footer>\n`}</body>
</html>
`
  }

  #header(): string {
    const { name, logo } = this.#brand
    const src = logo === undefined ? null : safeHref(logo)
    // Beside its name, a logo says nothing more.
    const image = src === null ? '' : `<img src="${escape(src)}" alt="${name === undefined ? 'Logo' : ''}">`
    const text = name === undefined ? '' : `<span>${escape(name)}</span>`
    return image === '' && text === '' ? '' : `<header>${image}${text}</header>\n`
  }
}
