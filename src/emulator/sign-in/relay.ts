import type { FastifyReply } from 'fastify'
import { sendToOpener } from '../http/answer-page.js'

/** Where an answer goes that no redirect brings: to the page that opened the popup. */
export interface Relay {
  /** The origin of that page. */
  origin: string
  /** What that page knows its question by. */
  id: string
}

/** What a redirect URI of Google's code client in a popup says: `storagerelay://https/app.example?id=…`; `null` for another one. */
export function relayOf(redirectUri: string): Relay | null {
  const [, scheme, host, id] = /^storagerelay:\/\/(https?)\/([^/?#]+)\?id=([\w-]+)(?:&|$)/.exec(redirectUri) ?? []
  return scheme && host && id ? { origin: `${scheme}://${host}`, id } : null
}

/** Sends the answer in `url` to the page that opened the popup. */
export function sendThroughRelay(reply: FastifyReply, url: string, { origin, id }: Relay): FastifyReply {
  const { id: _, ...response } = Object.fromEntries(new URL(url).searchParams)
  return sendToOpener(reply, { id, response }, origin)
}
