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
    // Nobody is signed in, or a permission is missing: a whole page goes to Google, and comes back to this very page, which
    // the API cannot know: browsers tell another origin no more than the origin of a page.
    const goOn = () => {
      const url = new URL(body.authorizeUrl, api)
      url.searchParams.set('return_to', location.href)
      location.assign(url)
    }
    throw Object.assign(new Error(body.message), { code: body.code, goOn: body.authorizeUrl && goOn })
  }
}
