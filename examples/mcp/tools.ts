import { randomUUID } from 'node:crypto'
import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  McpServer,
  UrlElicitationRequiredError,
  type CallToolResult,
  type ClientCapabilities,
  type InputRequiredResult,
  type McpRequestContext,
  type ServerContext
} from '@modelcontextprotocol/server'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { AccountNotConnectedError, GoogleAuthError, GrantLostError } from 'fastify-google-auth'
import { z } from 'zod'
import { Calendar, CalendarError } from './calendar.js'
import { consentPath, SCOPES, type Access } from './consent.js'

export interface ServerParts {
  app: FastifyInstance
  publicUrl: string
  calendarApi: string
  era: McpRequestContext['era']
  /** The user of the app whose request it is. */
  owner: string
}

const account = z
  .string()
  .regex(/^[\w-]{1,100}$/)
  .optional()
  .describe('The id of a Google account, from list_accounts. Default: the default account.')
const time = z.iso.datetime({ offset: true })

/** An MCP server for one request of one user. Its tools reach Google in the user's name, and never see a token. */
export function calendarServer(parts: ServerParts): McpServer {
  const { app, owner } = parts
  const server = new McpServer({ name: 'calendar', version: '1.0.0' })

  server.registerTool(
    'list_accounts',
    { description: 'Lists the Google accounts that the user has connected.', inputSchema: z.object({}) },
    async () => {
      const accounts = await app.googleAuth.accounts(owner)
      return result(accounts.map(({ account, email, isDefault, state }) => ({ account, email, isDefault, state })))
    }
  )

  server.registerTool(
    'list_events',
    {
      description: 'Lists the next events in the calendar of the user.',
      inputSchema: z.object({ count: z.int().min(1).max(50).default(10), account })
    },
    ({ count, account }, context) =>
      withCalendar(parts, context, { access: 'read', account }, (calendar) => calendar.upcoming(count))
  )

  server.registerTool(
    'add_event',
    {
      description: 'Adds an event to the calendar of the user.',
      inputSchema: z.object({ summary: z.string().min(1).max(200), start: time, end: time, account })
    },
    ({ account, ...event }, context) =>
      withCalendar(parts, context, { access: 'write', account }, (calendar) => calendar.add(event))
  )
  return server
}

interface CalendarNeed {
  access: Access
  account: string | undefined
}

/** What `use` gives. Where the user has not allowed this access, or allows it no more, the MCP client is told to ask for it. */
async function withCalendar(
  parts: ServerParts,
  context: ServerContext,
  need: CalendarNeed,
  use: (calendar: Calendar) => Promise<unknown>
): Promise<CallToolResult | InputRequiredResult> {
  const { app, owner, calendarApi } = parts
  try {
    const client = app.googleAuth.clientFor(owner, need.account)
    if (await client.hasScopes(SCOPES[need.access])) return result(await use(new Calendar(client, calendarApi)))
  } catch (error) {
    if (!(error instanceof AccountNotConnectedError || error instanceof GrantLostError)) return failure(error, app.log)
  }
  return askForConsent(parts, context, need)
}

/**
 * The way to ask depends on the client: a result asks since the revision of 2026 of MCP, an error did before. A client that opens
 * no URLs shows the link to its user. It works for this user alone.
 */
function askForConsent(
  parts: ServerParts,
  context: ServerContext,
  need: CalendarNeed
): CallToolResult | InputRequiredResult {
  const { envelope, inputResponses } = context.mcpReq
  const url = parts.publicUrl + consentPath({ owner: parts.owner, ...need })
  const message = `Allow this app to ${need.access === 'read' ? 'read' : 'change'} the events of your Google Calendar`
  if (parts.era === 'legacy') {
    const elicitation = { mode: 'url', message, url, elicitationId: randomUUID() } as const
    throw new UrlElicitationRequiredError([elicitation], `${message}: ${url}`)
  }
  const capabilities = (envelope as Record<string, unknown> | undefined)?.[CLIENT_CAPABILITIES_META_KEY]
  if ((capabilities as ClientCapabilities | undefined)?.elicitation?.url === undefined)
    return problem(`${message}: ${url}`)
  const answer = inputResponse(inputResponses, 'consent')
  if (answer.kind === 'missing')
    return inputRequired({ inputRequests: { consent: inputRequired.elicitUrl({ message, url }) } })
  return problem(
    answer.kind === 'elicit' && answer.action === 'accept'
      ? 'Google Calendar is not connected yet. When the user has finished in the browser, call the tool again.'
      : 'The user did not agree to connect Google Calendar.'
  )
}

function result(value: unknown): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(value) }] }
}

function problem(text: string): CallToolResult {
  return { isError: true, content: [{ type: 'text', text }] }
}

/** What the agent learns of an error. Messages of the plugin and of `CalendarError` hold no token; any other is for the log. */
function failure(error: unknown, log: FastifyBaseLogger): CallToolResult {
  if (error instanceof GoogleAuthError || error instanceof CalendarError) return problem(error.message)
  log.error({ err: error }, 'A tool failed')
  return problem('Google Calendar cannot be reached at the moment.')
}
