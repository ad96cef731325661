import { createMcpHandler } from '@modelcontextprotocol/server'
import type { FastifyInstance } from 'fastify'
import { calendarServer } from './tools.js'

export const MCP_PATH = '/mcp'

interface McpOptions {
  publicUrl: string
  calendarApi: string
}

/** The MCP server, over streamable HTTP. Each request is answered by itself, so there is no MCP session to steal. */
export async function mcpRoute(app: FastifyInstance, { publicUrl, calendarApi }: McpOptions): Promise<void> {
  const handler = createMcpHandler(
    ({ era, authInfo }) => calendarServer({ app, publicUrl, calendarApi, era, owner: authInfo?.clientId ?? '' }),
    { onerror: (error) => app.log.warn({ err: error }, 'A request to the MCP server failed') }
  )
  app.addHook('onClose', () => handler.close())

  app.all(MCP_PATH, async (request, reply) => {
    // MCP clients are no browsers. A page of another site that tries one of these requests is refused.
    const { origin } = request.headers
    if (origin !== undefined && origin !== publicUrl)
      return reply.code(403).send({ error: 'This origin is not allowed.' })
    if (request.appUser === null) {
      const error = `Send "Authorization: Bearer <token>", with a token from ${publicUrl}.`
      return reply.code(401).header('www-authenticate', 'Bearer').send({ error })
    }
    // The tools learn whose request it is. The secrets of the request stay here.
    const { authorization, cookie, ...headers } = request.headers as Record<string, string>
    const asked = new Request(new URL(request.url, publicUrl), { method: request.method, headers })
    const authInfo = { token: '', clientId: request.appUser.id, scopes: [] }
    return reply.send(await handler.fetch(asked, { authInfo, parsedBody: request.body }))
  })
}
