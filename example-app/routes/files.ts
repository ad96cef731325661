import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'

const FILES = { '/style.css': 'text/css; charset=utf-8', '/favicon.svg': 'image/svg+xml' }

/** The few files that pages refer to. */
export async function fileRoutes(app: FastifyInstance): Promise<void> {
  for (const [path, type] of Object.entries(FILES)) {
    const content = readFileSync(new URL(`../public${path}`, import.meta.url))
    app.get(path, async (_request, reply) => reply.type(type).header('cache-control', 'max-age=300').send(content))
  }
}
