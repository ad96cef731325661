/**
 * What stands in for https://accounts.google.com/gsi/client: the button, One Tap and the code client, as far as apps depend on
 * them. It looks like nothing of Google, and knows no FedCM.
 * @see https://developers.google.com/identity/gsi/web/reference/js-reference
 * @see https://developers.google.com/identity/oauth2/web/reference/js-reference
 */
export const CLIENT_SCRIPT = `
(() => {
  const GOOGLE = new URL(document.currentScript.src).origin
  const CSRF_LIFE_S = 1800
  let settings = {}
  let frame = null

  const urlOf = (path, fields) => {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined)
    return GOOGLE + path + '?' + new URLSearchParams(given)
  }

  // Google posts the form of a redirect from its own site, so the cookie must be SameSite=None.
  const newCsrfToken = () => {
    const token = crypto.randomUUID()
    document.cookie = 'g_csrf_token=' + token + '; Path=/; SameSite=None; Secure; Max-Age=' + CSRF_LIFE_S
    return token
  }

  // What a page of the emulator in a popup or a frame answers.
  const whenAnswered = (id, tell) => {
    const listen = ({ origin, data }) => {
      if (origin !== GOOGLE || data?.id !== id) return
      removeEventListener('message', listen)
      tell(data.response)
    }
    addEventListener('message', listen)
  }

  const openPopup = (url, onError = () => {}) => {
    const popup = open(url, '_blank', 'popup,width=480,height=640')
    if (popup === null) return onError({ type: 'popup_failed_to_open' })
    return popup
  }

  const post = (action, fields) => {
    const form = document.createElement('form')
    Object.assign(form, { method: 'post', action, hidden: true })
    for (const [name, value] of Object.entries(fields)) {
      form.append(Object.assign(document.createElement('input'), { name, value }))
    }
    document.body.append(form)
    form.submit()
  }

  const deliver = (response) => {
    if (settings.callback) settings.callback(response)
    else post(settings.login_uri, { ...response, g_csrf_token: newCsrfToken() })
  }

  const question = (id, select_by, rest) => {
    const { client_id, nonce, login_hint } = settings
    return urlOf('/gsi/select', { client_id, nonce, login_hint, id, select_by, origin: location.origin, ...rest })
  }

  const press = () => {
    const { ux_mode, login_uri = location.href } = settings
    if (ux_mode === 'redirect') {
      return location.assign(question(undefined, 'btn', { ux_mode, login_uri, g_csrf_token: newCsrfToken() }))
    }
    const id = crypto.randomUUID()
    whenAnswered(id, deliver)
    openPopup(question(id, 'btn'))
  }

  const id = {
    initialize: (given) => void (settings = given),
    renderButton(parent) {
      const button = document.createElement('button')
      Object.assign(button, { type: 'button', textContent: 'Sign in with Google', onclick: press })
      parent.replaceChildren(button)
    },
    prompt() {
      id.cancel()
      const asked = crypto.randomUUID()
      whenAnswered(asked, (response) => {
        id.cancel()
        deliver(response)
      })
      frame = document.createElement('iframe')
      Object.assign(frame, { title: 'Sign in with Google', src: question(asked, 'user') })
      frame.style = 'position: fixed; top: 1rem; right: 1rem; width: 24rem; height: 26rem; border: 0'
      document.body.append(frame)
    },
    cancel() {
      frame?.remove()
      frame = null
    },
    disableAutoSelect() {}
  }

  const oauth2 = {
    initCodeClient({ client_id, scope, state, login_hint, ux_mode = 'popup', redirect_uri, callback, error_callback }) {
      const asked = { client_id, scope, state, login_hint, response_type: 'code', access_type: 'offline', include_granted_scopes: 'true' }
      const authorizeUrl = (target) => urlOf('/o/oauth2/v2/auth', { ...asked, redirect_uri: target })
      return {
        requestCode() {
          if (ux_mode === 'redirect') return location.assign(authorizeUrl(redirect_uri ?? location.href))
          const relay = crypto.randomUUID()
          let isAnswered = false
          whenAnswered(relay, (response) => {
            isAnswered = true
            callback(response)
          })
          const popup = openPopup(authorizeUrl('storagerelay://' + location.origin.replace('://', '/') + '?id=' + relay), error_callback)
          const watch = setInterval(() => {
            if (popup && !popup.closed) return
            clearInterval(watch)
            // Its answer may still be on the way.
            setTimeout(() => popup && !isAnswered && error_callback?.({ type: 'popup_closed' }), 500)
          }, 250)
        }
      }
    }
  }

  window.google = { ...window.google, accounts: { id, oauth2 } }

  // The HTML API. A callback is the name of a global function.
  const readPage = () => {
    const { dataset } = document.getElementById('g_id_onload') ?? {}
    if (dataset) {
      const { client_id, login_uri, nonce, ux_mode, login_hint, callback } = dataset
      id.initialize({ client_id, login_uri, nonce, ux_mode, login_hint, callback: callback && window[callback] })
      document.querySelectorAll('.g_id_signin').forEach((parent) => id.renderButton(parent))
      if (dataset.auto_prompt !== 'false') id.prompt()
    }
    window.onGoogleLibraryLoad?.()
  }
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', readPage)
  else readPage()
})()
`
