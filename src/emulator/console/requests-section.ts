import { html, type Html } from '../http/html.js'
import type { SeenRequest } from '../state/faults/request-log.js'
import type { World } from '../state/world.js'
import { actionForm } from './action-form.js'

/** How many requests the page shows. */
const SHOWN = 50
const FIRST_ERROR = 400

function row(world: World, { at, method, path, grantType, sub, status }: SeenRequest): Html {
  const mood = status === undefined ? '' : status >= FIRST_ERROR ? 'bad' : 'good'
  return html`<tr>
    <td>${new Date(at).toISOString().slice(11, 19)}</td>
    <td>${method}</td>
    <td class="path">${path}</td>
    <td class="${mood}">${status ?? '…'}</td>
    <td>${grantType ?? ''}</td>
    <td>${sub === undefined ? '' : (world.users.find(sub)?.email ?? sub)}</td>
  </tr>`
}

/** The last requests, the latest first. None of them shows a secret. */
export function requestsSection(world: World): Html {
  const seen = world.log.seen.slice(-SHOWN).reverse()
  return html`<section>
    <h2 id="requests">Last requests</h2>
    <div class="card table" data-live="requests" tabindex="0" role="region" aria-labelledby="requests">
      ${
        seen.length === 0
          ? html`<p class="soft">Nobody has asked for anything yet.</p>`
          : html`<table>
              <thead>
                <tr>
                  <th>UTC</th>
                  <th>Method</th>
                  <th>Path</th>
                  <th>Status</th>
                  <th>Grant type</th>
                  <th>Account</th>
                </tr>
              </thead>
              <tbody>
                ${seen.map((request) => row(world, request))}
              </tbody>
            </table>`
      }
    </div>
    ${actionForm('forget-requests', {}, html`<button>Clear the list</button>`)}
  </section>`
}
