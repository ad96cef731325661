import { html, type Html } from '../http/html.js'
import type { Fault } from '../state/faults/faults.js'
import type { World } from '../state/world.js'
import { actionForm, selectOptions } from './action-form.js'
import { BREAKABLE, BREAKAGES } from './actions.js'

const MINUTE_MS = 60_000
/** More than anybody counts: the page offers one million for "until mended", and tests give Infinity. */
const MANY = 10_000

const describe = ({ hang, reset, html: page, delayMs, status = 500 }: Fault): string => {
  if (hang) return 'never answers'
  if (reset) return 'drops the connection'
  if (page) return 'answers an HTML page'
  return delayMs ? `takes ${delayMs} ms` : `answers ${status}`
}

const often = (left: number) => (left > MANY ? 'until mended' : left === 1 ? 'once' : `${left} times`)

/** What is broken, the form that breaks more, and the clock and the keys. */
export function faultsSection(world: World): Html {
  const { waiting } = world.faults
  return html`<section aria-labelledby="faults">
    <h2 id="faults">Break something</h2>
    <div class="card">
      ${actionForm(
        'break',
        {},
        html`<label
            >The next call to
            <select name="endpoint">
              ${selectOptions(Object.entries(BREAKABLE))}
            </select></label
          ><label
            >goes wrong: it
            <select name="how">
              ${selectOptions(Object.entries(BREAKAGES).map(([name, { text }]) => [name, text] as const))}
            </select></label
          ><label
            >how often
            <select name="times">
              ${selectOptions([
                ['1', 'once'],
                ['3', '3 times'],
                ['1000000', 'until mended']
              ])}
            </select></label
          ><button class="main">Break</button>`
      )}
      <div data-live="waiting">
        ${
          waiting.length === 0
            ? html`<p class="soft">All is well.</p>`
            : html`<ul>
                  ${waiting.map(
                    ({ endpoint, fault, left }) =>
                      html`<li>
                        <strong>${BREAKABLE[endpoint] ?? endpoint}</strong> ${describe(fault)}, ${often(left)}
                      </li>`
                  )}
                </ul>
                ${actionForm('mend', {}, html`<button>Mend all</button>`)}`
        }
      </div>
      <div class="row">
        ${actionForm(
          'clock',
          {},
          html`<label
              >Clock ahead by, in minutes
              <input
                type="number"
                name="minutes"
                value="${Math.round(world.settings.skewMs / MINUTE_MS)}"
                step="1"
                required /></label
            ><button>Set</button>`
        )}
        ${actionForm('rotate-keys', {}, html`<button>Rotate the signing keys</button>`)}
      </div>
    </div>
  </section>`
}
