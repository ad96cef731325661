import { html, type Html } from './html.js'

const inWords = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

/** A moment, in milliseconds since the epoch, in words. */
export function time(at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${inWords.format(at)} UTC</time>`
}
