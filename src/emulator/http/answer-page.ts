import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { Html, html } from './html.js'
import { page, sendPage } from './page.js'

/** Hands the answer to the page that opened this window or shows this frame, or posts the form that is the answer. */
const SCRIPT = `
  const form = document.querySelector('form')
  const { answer, origin } = document.querySelector('main > [data-answer]')?.dataset ?? {}
  const behind = window.opener ?? (window.parent === window ? null : window.parent)
  if (form) form.submit()
  else if (behind) {
    behind.postMessage(JSON.parse(answer), origin)
    window.close()
  } else document.querySelector('h1').hidden = true
`
const POLICY = `; script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`
const RUN = new Html(`<script>${SCRIPT}</script>`)

/** Sends a page that hands `answer` to the page behind it, if that is of `origin`, and closes itself. */
export function sendToOpener(reply: FastifyReply, answer: object, origin: string): FastifyReply {
  const body = html`<h1>Done</h1>
    <p data-answer="${JSON.stringify(answer)}" data-origin="${origin}">
      When this window stays open, the page that opened it cannot be reached: it needs
      <code>Cross-Origin-Opener-Policy: same-origin-allow-popups</code>.
    </p>
    ${RUN}`
  return sendPage(reply, page('Done', body), POLICY, origin)
}

/** Sends a page that posts `fields` to `target` at once. */
export function sendForm(reply: FastifyReply, fields: Readonly<Record<string, string>>, target: string): FastifyReply {
  const inputs = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`
  )
  const body = html`<h1>Signing in</h1>
    <form method="post" action="${target}">${inputs}<button class="main">Continue</button></form>
    ${RUN}`
  return sendPage(reply, page('Signing in', body), POLICY)
}
