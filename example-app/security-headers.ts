import type { FastifyInstance } from 'fastify'
import type { Google } from './google.js'

/** Sends with every answer what keeps a browser strict. A header that is there already (the plugin sets some) stays. */
export function securityHeaders(app: FastifyInstance, publicUrl: string, google: Google): void {
  const headers = {
    'content-security-policy': [
      "default-src 'none'",
      "style-src 'self'",
      `img-src 'self' ${google.pictureOrigin}`,
      // A form may end up at Google: browsers hold a form's redirects against this list as well.
      `form-action 'self' ${google.signInOrigin}`,
      "base-uri 'none'",
      "frame-ancestors 'none'"
    ].join('; '),
    // Not `no-referrer`: it would make browsers send `Origin: null` with our own forms.
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    ...(publicUrl.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' })
  }
  app.addHook('onSend', async (_request, reply) => {
    for (const [name, value] of Object.entries(headers)) if (!reply.hasHeader(name)) reply.header(name, value)
  })
}
