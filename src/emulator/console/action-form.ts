import { html, type Html } from '../http/html.js'

/** Where the page is. Its actions are below. */
export const CONSOLE = '/emulator'

/** A form that does one of the actions: hidden fields, then `content` with its button. */
export function actionForm(action: string, hidden: Readonly<Record<string, string>>, content: Html): Html {
  const fields = Object.entries(hidden).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`
  )
  return html`<form class="row" method="post" action="${CONSOLE}/${action}">${fields} ${content}</form>`
}

/** The options of a select, each a value and its text. */
export function selectOptions(entries: readonly (readonly [string, string])[], chosen = ''): Html[] {
  return entries.map(([value, text]) =>
    value === chosen
      ? html`<option value="${value}" selected>${text}</option>`
      : html`<option value="${value}">${text}</option>`
  )
}
