import type { GoogleUser } from 'fastify-google-auth'
import { html } from './html.js'
import type { Page } from './page.js'

/** What the verified ID token says about the user. */
export function mePage(user: GoogleUser): Page {
  const facts: [string, string | undefined][] = [
    ['Name', user.name],
    ['Email address', user.email],
    ['Organization', user.hostedDomain],
    ['Id at Google', user.sub]
  ]
  return {
    title: 'Who am I',
    body: html`<h1>Who am I</h1>
      <div class="panel profile">
        ${
          user.picture &&
          html`<img
            class="portrait"
            src="${user.picture}"
            alt=""
            width="96"
            height="96"
            referrerpolicy="no-referrer"
          />`
        }
        <dl>
          ${facts.map(
            ([name, value]) =>
              value &&
              html`<div>
                <dt>${name}</dt>
                <dd>${value}</dd>
              </div>`
          )}
        </dl>
      </div>
      <p class="soft">
        All of this stands in the ID token that Google signed when you came in. The email address may change one day;
        the id never does.
      </p>`
  }
}
