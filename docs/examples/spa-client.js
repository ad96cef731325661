/** The part of a single-page app that calls its API. It runs in the browser. */

/** Makes a function that calls the API at `api`, such as https://api.example.com. */
export function createApi(api) {
  return async function call(path, init = {}) {
    const response = await fetch(api + path, {
      ...init,
      credentials: 'include',
      headers: { accept: 'application/json', ...init.headers }
    })
    if (response.status === 204) return null
    const body = await response.json()
    if (response.ok) return body
    // Nobody is signed in, or a permission is missing: a whole page goes to Google, and comes back to this page.
    // What the user has refused is not asked for again by itself.
    throw Object.assign(new Error(body.message), {
      code: body.code,
      goOn: body.authorizeUrl && (() => location.assign(new URL(body.authorizeUrl, api)))
    })
  }
}
