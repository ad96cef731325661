import { GoogleAuthError } from './base.js'

/** A state-changing request, or one that opens a WebSocket, came from another site. */
export class CrossSiteError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CROSS_SITE'

  constructor() {
    super(
      'This request came from another site and was refused. If a page of yours sent it, list its origin in the option trustedOrigins.'
    )
  }
}

/** A credential was posted without proof that a page of this site has asked for it. */
export class CsrfTokenError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CSRF'

  constructor() {
    super(
      'The field g_csrf_token must equal the cookie of that name, which the script of Google sets. A page of this site that posts JSON needs no field, but its Origin or Sec-Fetch-Site must say so, or trustedOrigins must list its origin.'
    )
  }
}
