import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'

/** A static file. Its address changes with its content, so that browsers may cache it for a year. */
function publicFile(name: string, type: string) {
  const content = readFileSync(new URL(`../public/${name}`, import.meta.url))
  const version = createHash('sha256').update(content).digest('base64url').slice(0, 8)
  return { path: `/${name}`, address: `/${name}?v=${version}`, type, content }
}

export const STYLE = publicFile('style.css', 'text/css; charset=utf-8')
export const ICON = publicFile('favicon.svg', 'image/svg+xml')

/** The static files, and the health check. */
export async function publicRoutes(app: FastifyInstance): Promise<void> {
  for (const { path, type, content } of [STYLE, ICON]) {
    app.get(path, async (_request, reply) =>
      reply.type(type).header('cache-control', 'public, max-age=31536000, immutable').send(content)
    )
  }

  app.get('/health', async () => ({ ok: true }))
}
