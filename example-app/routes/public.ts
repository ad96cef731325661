import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'

/** A file that pages refer to. Its address changes with its content, so that browsers may keep it for good. */
function publicFile(name: string, type: string) {
  const content = readFileSync(new URL(`../public/${name}`, import.meta.url))
  const version = createHash('sha256').update(content).digest('base64url').slice(0, 8)
  return { path: `/${name}`, address: `/${name}?v=${version}`, type, content }
}

export const STYLE = publicFile('style.css', 'text/css; charset=utf-8')
export const ICON = publicFile('favicon.svg', 'image/svg+xml')

/** What is the same for everybody: the files, and whether the app is up. */
export async function publicRoutes(app: FastifyInstance): Promise<void> {
  for (const { path, type, content } of [STYLE, ICON]) {
    app.get(path, async (_request, reply) =>
      reply.type(type).header('cache-control', 'public, max-age=31536000, immutable').send(content)
    )
  }

  app.get('/health', async () => ({ ok: true }))
}
