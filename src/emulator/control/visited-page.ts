import { unescapeHtml } from '../http/html.js'

/** The pages do not lead back to the app: one is an error page, or the user cannot do what the test asks for. */
export class EmulatorPageError extends Error {
  /** The HTTP status of the page; 200 when it is not an error page. */
  readonly status: number
  /** The error on the page, such as `redirect_uri_mismatch`; null when it is not an error page. */
  readonly error: string | null

  /**
   * @param message What went wrong.
   * @param status The page's HTTP status.
   * @param error What the error page said.
   */
  constructor(message: string, status = 200, error: string | null = null) {
    super(message)
    this.name = 'EmulatorPageError'
    this.status = status
    this.error = error
  }
}

/** The parts of a form that are needed to answer it. */
export interface PageForm {
  action: string
  /** The purpose of the form: `account`, `other-account`, `switch` or `consent`. */
  step: string
  /** On a consent form, the user who is asked. */
  sub: string | null
  hidden: URLSearchParams
  /** The values of its check boxes. */
  boxes: string[]
}

function attribute(tag: string, name: string): string | null {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]
  return value === undefined ? null : unescapeHtml(value)
}

function formsOf(url: string, text: string): PageForm[] {
  return [...text.matchAll(/(<form [^>]*>)(.*?)<\/form>/gs)].map(([, tag = '', content = '']) => {
    const inputs = [...content.matchAll(/<input [^>]*>/g)].map(([input]) => ({
      type: attribute(input, 'type'),
      name: attribute(input, 'name') ?? '',
      value: attribute(input, 'value') ?? ''
    }))
    return {
      action: new URL(attribute(tag, 'action') ?? '', url).href,
      step: attribute(tag, 'data-step') ?? '',
      sub: attribute(tag, 'data-sub'),
      hidden: new URLSearchParams(
        inputs.filter(({ type }) => type === 'hidden').map(({ name, value }): [string, string] => [name, value])
      ),
      boxes: inputs.filter(({ type }) => type === 'checkbox').map(({ value }) => value)
    }
  })
}

/** The forms of the next page, or the URL at which the user is sent back. Throws an `EmulatorPageError` for an error page. */
export async function visit(url: string, form?: URLSearchParams): Promise<PageForm[] | string> {
  const response = await fetch(url, { redirect: 'manual', ...(form ? { method: 'POST', body: form } : {}) })
  const text = await response.text()
  const location = response.headers.get('location')
  if (location !== null) return location
  if (response.status === 200) return formsOf(url, text)
  const error = /Error \d+: ([\w-]+)/.exec(text)?.[1] ?? null
  const explanation = unescapeHtml(/data-explanation>([^<]*)/.exec(text)?.[1] ?? text.slice(0, 200))
  throw new EmulatorPageError(
    `The Google emulator answered ${response.status} (${error}): ${explanation}`,
    response.status,
    error
  )
}
