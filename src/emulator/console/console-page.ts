import { createHash } from 'node:crypto'
import { Html, html } from '../http/html.js'
import { page } from '../http/page.js'
import type { World } from '../state/world.js'
import { accountsSection } from './accounts-section.js'
import { faultsSection } from './faults-section.js'
import { requestsSection } from './requests-section.js'

const STYLE = new Html(`<style>
  main { max-width: 68rem; background: none; border: 0; padding: 0 1rem }
  @media (max-width: 34rem) { main { padding: 1.25rem 1rem } }
  h2 { margin: 2rem 0 .75rem; font-size: 1.15rem } h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere }
  .cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)) }
  .card { padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
  .card > * + * { margin-top: .75rem } .card p { margin: 0 } .card .soft + .soft { margin-top: .25rem }
  .row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end } .head { align-items: center; flex-wrap: nowrap; gap: .75rem } .grow { flex: 1 1 10rem; min-width: 0 }
  .row label { display: block; font-size: .875rem; color: var(--soft) }
  select, input[type=number], input[type=email] { display: block; width: 100%; padding: .45rem .6rem; font: inherit; font-size: .9375rem;
    color: var(--ink); background: var(--card); border: 1px solid var(--edge); border-radius: .4rem }
  main button { padding: .4rem .75rem; font-size: .875rem } .danger { color: var(--bad) }
  .avatar { display: grid; place-items: center; width: 2.5rem; height: 2.5rem; border-radius: 50%; font-weight: 600;
    color: var(--on-blue); background: var(--blue) }
  .card .chips { margin-bottom: .35rem; display: flex; flex-wrap: wrap; gap: .35rem; align-items: center }
  .chip { padding: .1rem .55rem; font-size: .8125rem; border: 1px solid var(--line); border-radius: 1rem; overflow-wrap: anywhere }
  .table { overflow-x: auto } table { width: 100%; border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums }
  th { text-align: left; color: var(--soft); font-weight: 600 } th, td { padding: .3rem .75rem .3rem 0; white-space: nowrap }
  tbody tr { border-top: 1px solid var(--line) } .path { font-family: ui-monospace, monospace; font-size: .8125rem }
  .bad { color: var(--bad); font-weight: 600 } .good { color: var(--good) }
  section > form { margin-top: 1rem }
</style>`)

/** Shows the parts that change by themselves anew every two seconds, but for one that the user is in. */
const SCRIPT = `
  setInterval(async () => {
    if (document.hidden) return
    const answer = await fetch(location.href).catch(() => null)
    if (!answer?.ok) return
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
    for (const part of document.querySelectorAll('[data-live]')) {
      const next = fresh.querySelector('[data-live="' + part.dataset.live + '"]')
      if (next && next.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) part.innerHTML = next.innerHTML
    }
  }, 2000)
`

/** What the page may do beyond other pages: run its script, which asks for the page again. */
export const CONSOLE_POLICY = `; script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'; connect-src 'self'; form-action 'self'`

/** The control page. */
export function consolePage(world: World): string {
  const { strict } = world.settings
  const body = html`<h1>Google emulator</h1>
    <p class="soft">
      Issuer <code>${world.issuer}</code> ·
      ${strict ? 'strict: demands state, nonce and PKCE' : 'takes what Google takes'} · everything is kept in memory
    </p>
    ${accountsSection(world)} ${faultsSection(world)} ${requestsSection(world)}
    ${new Html(`<script>${SCRIPT}</script>`)}`
  return page('Control', body, STYLE)
}
