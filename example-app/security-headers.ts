import type { FastifyInstance } from 'fastify'
import type { Google } from './google.js'

/** Adds security headers to every response. It keeps those that are set already, as on the plugin's own pages. */
export function securityHeaders(app: FastifyInstance, publicUrl: string, google: Google): void {
  const headers = {
    'content-security-policy': [
      "default-src 'none'",
      "style-src 'self'",
      `img-src 'self' ${google.pictureOrigin}`,
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'"
    ].join('; '),
    // With `no-referrer`, browsers would send `Origin: null` with our own forms, and fromOwnPages would refuse them.
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    ...(publicUrl.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' })
  }
  app.addHook('onSend', async (_request, reply) => {
    for (const [name, value] of Object.entries(headers)) if (!reply.hasHeader(name)) reply.header(name, value)
  })
}
