import { html } from './html.js'
import type { Page } from './page.js'

const WORDS: Readonly<Record<number, [title: string, message: string]>> = {
  403: ['That was not possible', 'The request did not come from a page of this app, or you may not do this.'],
  404: ['There is nothing here', 'The address may be mistyped, or the page may have moved.'],
  503: [
    'Out of order for a moment',
    'Something this page needs does not answer right now. Nothing is lost: please try again soon.'
  ]
}

const BAD_REQUEST: [string, string] = [
  'That did not work',
  'The request could not be understood. Please go back and try again.'
]
const BROKEN: [string, string] = ['Something went wrong', 'The fault is ours, not yours. Please try again later.']

/** The page for an error. For a failure of the server it links to `path`, to try again. */
export function problemPage(statusCode: number, path: string): Page {
  const [title, message] = WORDS[statusCode] ?? (statusCode < 500 ? BAD_REQUEST : BROKEN)
  return {
    title,
    body: html`<h1>${title}</h1>
      <p class="lead">${message}</p>
      <p class="buttons">
        ${statusCode >= 500 && html`<a class="button main" href="${path}">Try again</a>`}
        <a class="button" href="/">Go to the home page</a>
      </p>
      <p class="soft">Error ${statusCode}</p>`
  }
}

/** The page for a Calendar API that refuses, although the user had allowed it. */
export function calendarRefusedPage(askAgainUrl: string): Page {
  return {
    title: 'Your calendar is closed to us',
    body: html`<h1>Your calendar is closed to us</h1>
      <p class="lead">
        Google does not let this app in. Perhaps you have taken the permission back in your Google Account; then you can
        give it again.
      </p>
      <p class="buttons">
        <a class="button main" href="${askAgainUrl}">Allow access</a>
        <a class="button" href="/">Go to the home page</a>
      </p>
      <p class="soft">
        For developers: the same happens while the Google Calendar API is not enabled in your Google Cloud project. The
        log says more.
      </p>`
  }
}
