import type { ConnectedAccount } from '../accounts.js'
import { DURATIONS, type EventFields, type FieldProblems } from '../event-form.js'
import { html, type Html } from './html.js'

export interface EventForm {
  fields: EventFields
  problems: FieldProblems
  /** Those whose calendar can take the event. */
  accounts: readonly ConnectedAccount[]
}

/** The form for a new event, filled with `fields`; each problem stands beside its field. */
export function eventForm({ fields, problems, accounts }: EventForm): Html {
  const wrong = Object.keys(problems).length > 0
  return html`<section class="panel" aria-labelledby="new">
    <h2 id="new">Add an event</h2>
    ${wrong && html`<p class="problem" role="alert">Not saved yet. Please look at the fields marked below.</p>`}
    <form method="post" action="/events" novalidate>
      <input type="hidden" name="timeZone" value="${fields.timeZone}" />
      ${field('summary', 'What', html`<input ${named('summary', problems)} value="${fields.summary}" maxlength="200" required />`)}
      ${field('start', 'When', html`<input ${named('start', problems)} type="datetime-local" value="${fields.start}" required />`)}
      ${field(
        'minutes',
        'How long',
        html`<select ${named('minutes', problems)}>
          ${Object.entries(DURATIONS).map(
            ([minutes, words]) =>
              html`<option value="${minutes}" ${minutes === fields.minutes && html`selected`}>${words}</option>`
          )}
        </select>`
      )}
      ${field('location', 'Where (if you like)', html`<input ${named('location', problems)} value="${fields.location}" maxlength="200" />`)}
      ${accounts.length > 1 || !accounts[0]?.isOwn || problems.account ? field('account', 'Calendar of', accountChoice()) : html`<input type="hidden" name="account" value="${fields.account}" />`}
      <button class="main">Add to my calendar</button>
    </form>
  </section>`

  function accountChoice(): Html {
    return html`<select ${named('account', problems)}>
      ${accounts.map(
        ({ account, label }) =>
          html`<option value="${account}" ${account === fields.account && html`selected`}>${label}</option>`
      )}
    </select>`
  }

  function field(name: keyof EventFields, label: string, control: Html): Html {
    const problem = problems[name]
    return html`<div class="field">
      <label for="${name}">${label}</label>
      ${control}${problem && html`<p class="problem" id="${name}-problem">${problem}</p>`}
    </div>`
  }
}

/** The attributes that connect a control with its label and its problem. The first wrong control gets the focus. */
function named(name: keyof EventFields, problems: FieldProblems): Html {
  const first = Object.keys(problems)[0] === name
  return html`id="${name}" name="${name}" autocomplete="off"
  ${problems[name] && html`aria-invalid="true" aria-describedby="${name}-problem"`} ${first && html`autofocus`}`
}
