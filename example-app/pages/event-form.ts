import type { ConnectedAccount } from '../accounts.js'
import { DURATIONS, TIMES, type EventFields, type FieldProblems } from '../event-form.js'
import { html, type Html } from './html.js'

export interface EventForm {
  fields: EventFields
  problems: FieldProblems
  /** Those whose calendar can take the event. */
  accounts: readonly ConnectedAccount[]
}

/** The form for a new event, filled with `fields`. Each problem stands beside its field and in a summary, which has the focus. */
export function eventForm({ fields, problems, accounts }: EventForm): Html {
  const wrong = Object.entries(problems)
  return html`<section class="panel" aria-labelledby="new">
    <h2 id="new">Add an event</h2>
    ${
      wrong.length > 0 &&
      html`<div class="summary" role="alert" tabindex="-1" autofocus>
        <strong>Not saved yet. Please look at this:</strong>
        <ul>
          ${wrong.map(([name, problem]) => html`<li><a href="#${name}">${problem}</a></li>`)}
        </ul>
      </div>`
    }
    <form method="post" action="/events" novalidate>
      <input type="hidden" name="timeZone" value="${fields.timeZone}" />
      ${field('summary', 'What', html`<input ${named('summary', problems)} value="${fields.summary}" maxlength="200" required />`)}
      <div class="fields">
        ${field('day', 'Day', html`<input ${named('day', problems)} type="date" value="${fields.day}" required />`)}
        ${field(
          'time',
          'Begins at',
          choice(
            'time',
            TIMES.map((time) => [time, time])
          )
        )}
      </div>
      ${field('minutes', 'How long', choice('minutes', Object.entries(DURATIONS)))}
      ${field('location', 'Where (if you like)', html`<input ${named('location', problems)} value="${fields.location}" maxlength="200" />`)}
      ${
        accounts.length > 1 || !accounts[0]?.isOwn || problems.account
          ? field(
              'account',
              'Calendar of',
              choice(
                'account',
                accounts.map(({ account, label }) => [account, label])
              )
            )
          : html`<input type="hidden" name="account" value="${fields.account}" />`
      }
      <button class="main">Add to my calendar</button>
    </form>
  </section>`

  function choice(name: keyof EventFields, options: readonly (readonly [value: string, words: string])[]): Html {
    return html`<select ${named(name, problems)}>
      ${options.map(
        ([value, words]) => html`<option value="${value}" ${value === fields[name] && html`selected`}>${words}</option>`
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

/** The attributes that connect a control with its label and its problem. */
function named(name: keyof EventFields, problems: FieldProblems): Html {
  return html`id="${name}" name="${name}" autocomplete="off"
  ${problems[name] && html`aria-invalid="true" aria-describedby="${name}-problem"`}`
}
