import { html, type Html } from './html.js'

/** Google's G in its four colours. */
const LOGO = html`<svg class="google-logo" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
  <path fill="#ea4335" d="M40.3 7.1A23.5 23.5 0 0 0 3.1 13.3L11.5 17.6A14 14 0 0 1 33.7 13.9Z" />
  <path fill="#fbbc05" d="M3.1 13.3A23.5 23.5 0 0 0 3.1 34.7L11.5 30.4A14 14 0 0 1 11.5 17.6Z" />
  <path fill="#34a853" d="M3.1 34.7A23.5 23.5 0 0 0 38.1 42.8L32.4 35.2A14 14 0 0 1 11.5 30.4Z" />
  <path fill="#4285f4" d="M24 19.6H47.1A23.5 23.5 0 0 1 38.1 42.8L32.4 35.2A14 14 0 0 0 37.2 28.8H24Z" />
</svg>`

/**
 * The link that starts a sign-in, in the form that Google asks for: its logo, words, font, colours and paddings.
 * @see https://developers.google.com/identity/branding-guidelines
 */
export function googleButton(startUrl: string): Html {
  return html`<a class="google-button" href="${startUrl}">${LOGO}<span>Sign in with Google</span></a>`
}
