import { type PageForm, EmulatorPageError, visit } from './visited-page.js'

/** What a user without a browser does. */
export interface UserBehavior {
  /** The account that signs in, by `sub`. Default: the first account on the page. */
  sub?: string
  /** The account that signs in, by e-mail address. */
  email?: string
  /** Scopes whose boxes the user unticks. Each must have a box. */
  untick?: readonly string[]
}

/** What the user does on the pages. */
export interface Intent {
  /** The `sub` of the account to choose; null for the first one. */
  wanted: string | null
  /** The `sub` of the account that the emulator takes without asking; null when it shows the account chooser. */
  hinted: string | null
  decision: 'continue' | 'cancel'
  untick: readonly string[]
}

function answerConsent(form: PageForm, { decision, untick }: Intent): URLSearchParams {
  const missing = untick.find((scope) => !form.boxes.includes(scope))
  if (missing !== undefined) {
    throw new EmulatorPageError(`The consent page has no box for ${missing}; it has ${form.boxes.join(', ') || 'none'}`)
  }
  const answer = new URLSearchParams(form.hidden)
  for (const scope of form.boxes) if (!untick.includes(scope)) answer.append('scope', scope)
  answer.append('decision', decision)
  return answer
}

/** The next form to send, and its values. */
function nextStep(forms: readonly PageForm[], intent: Intent): { form: PageForm; answer: URLSearchParams } {
  const { wanted } = intent
  const consent = forms.find(({ step }) => step === 'consent')
  if (consent && (wanted === null || consent.sub === wanted))
    return { form: consent, answer: answerConsent(consent, intent) }
  const form = consent
    ? forms.find(({ step }) => step === 'switch')
    : forms.find(({ step, hidden }) => step === 'account' && (wanted === null || hidden.get('account') === wanted))
  if (!form) throw new EmulatorPageError(`The account chooser does not offer ${wanted ?? 'anybody'}`)
  return { form, answer: form.hidden }
}

/**
 * The URL that leads back to the app, after every page on the way has been answered over HTTP. Throws an `EmulatorPageError`
 * when the pages do not allow what the user is to do.
 */
export async function walkThrough(authorizeUrl: string, intent: Intent): Promise<string> {
  const { wanted, hinted, decision, untick } = intent
  let pages = 0
  let consented = false
  let place = await visit(authorizeUrl)
  while (typeof place !== 'string') {
    const { form, answer } = nextStep(place, intent)
    consented = form.step === 'consent'
    pages += 1
    place = await visit(form.action, answer)
  }
  const denied = new URL(place).searchParams.has('error')
  if (!denied && pages === 0 && wanted !== null && wanted !== hinted) {
    throw new EmulatorPageError(`No page was shown to choose ${wanted}: login_hint names ${hinted}`)
  }
  if (!denied && !consented && (decision === 'cancel' || untick.length > 0)) {
    throw new EmulatorPageError(
      'No consent page was shown, because all scopes are granted already. Call revokeGrant() first, or take another user'
    )
  }
  return place
}
