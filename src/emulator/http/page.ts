import type { FastifyReply } from 'fastify'
import { Html, html } from './html.js'
import { Refusal } from './refusal.js'

const STYLE = new Html(`<style>
  :root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --edge: #818b98; --blue: #1a56db; --on-blue: #fff;
    --ground: #f3f5f8; --card: #fff; --notice: #fff3c4; --notice-line: #e3c96b; --bad: #b42318; --good: #1a7f37 }
  @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b3; --line: #30363d; --edge: #6e7681; --blue: #7aa7ff;
    --on-blue: #0d1117; --ground: #0d1117; --card: #161b22; --notice: #3a2f0b; --notice-line: #6b5716; --bad: #ff8a80; --good: #56d364 } }
  * { box-sizing: border-box }
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground) }
  .notice { margin: 0; padding: .6rem 1rem; text-align: center; font-size: .875rem; font-weight: 600;
    background: var(--notice); border-bottom: 1px solid var(--notice-line) }
  main { max-width: 30rem; margin: 2rem auto; padding: 1.75rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
  h1 { margin: 0 0 .25rem; font-size: 1.5rem; line-height: 1.25; font-weight: 600; overflow-wrap: anywhere }
  p { margin: 0 0 1rem } .soft { color: var(--soft); font-size: .875rem; overflow-wrap: anywhere }
  ul { list-style: none; margin: 0 0 1rem; padding: 0 } li { padding: .6rem 0; border-top: 1px solid var(--line) }
  label { display: flex; gap: .75rem; align-items: flex-start } label.field { display: block; margin: 0 0 .75rem }
  input[type=checkbox] { flex: none; width: 1.15rem; height: 1.15rem; margin: .2rem 0 0 }
  input[type=email] { width: 100%; padding: .6rem; font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--edge); border-radius: .4rem }
  button { padding: .6rem 1.2rem; font: inherit; font-weight: 600; color: var(--ink); background: var(--card);
    border: 1px solid var(--edge); border-radius: 2rem; cursor: pointer }
  button.main { color: var(--on-blue); background: var(--blue); border-color: var(--blue) }
  button.account { display: block; width: 100%; text-align: left; font-weight: 400; border: 0; border-radius: .4rem; padding: .3rem .4rem }
  button.account:hover { background: var(--ground) } button.account strong, button.account span { display: block; overflow-wrap: anywhere }
  button.plain { padding: 0; border: 0; border-radius: 0; font-weight: 400; color: var(--blue); text-decoration: underline; background: none }
  :focus-visible { outline: 3px solid var(--blue); outline-offset: 2px }
  .buttons { display: flex; flex-wrap: wrap; gap: .75rem; justify-content: flex-end; margin-top: 1.5rem }
  [role=alert] { color: var(--bad); font-weight: 600 }
  summary { cursor: pointer; padding: .6rem 0 } code { overflow-wrap: anywhere }
  @media (max-width: 34rem) { main { margin: 0; border-width: 0 0 1px; border-radius: 0; padding: 1.25rem } }
</style>`)

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  // No form-action: browsers apply it to the redirect back to the app too.
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'strict-origin-when-cross-origin',
  'x-content-type-options': 'nosniff'
}

/** A whole page. Its first line says that this is not Google. `head` stands at the end of its head. */
export function page(title: string, body: Html, head: Html | null = null): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} – Google emulator</title>
        ${STYLE} ${head}
      </head>
      <body>
        <header>
          <p class="notice" role="note">Google emulator – this is not Google. Never type a real password here.</p>
        </header>
        <main>${body}</main>
      </body>
    </html> `.text
}

/** Sends a page. `policy` adds to what it may load, which is nothing. `parent`: the origin whose pages may show it in a frame. */
export function sendPage(reply: FastifyReply, text: string, policy = '', parent = "'none'"): FastifyReply {
  const strictest = PAGE_HEADERS['content-security-policy'].replace(
    "frame-ancestors 'none'",
    `frame-ancestors ${parent}`
  )
  return reply.headers({ ...PAGE_HEADERS, 'content-security-policy': strictest + policy }).send(text)
}

/** An error page as Google shows it. The user is not sent back to the app. */
export function pageRefusal(status: number, error: string, explanation: string): Refusal {
  const body = html`<h1>Access blocked: this app's request is invalid</h1>
    <p>You can't sign in because this app sent an invalid request. If you develop this app, here is why:</p>
    <p><strong>Error ${status}: ${error}</strong></p>
    <p class="soft" data-explanation>${explanation}</p>`
  return new Refusal(status, `Error ${status}: ${error}`, page('Error', body), PAGE_HEADERS)
}
