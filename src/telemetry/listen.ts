import { subscribe, unsubscribe, type Channel } from 'node:diagnostics_channel'

/** Calls `told` with each message of a channel, until the function that comes back is called. */
export function listen<Message>({ name }: Channel<never, Message>, told: (message: Message) => void): () => void {
  const listener = (message: unknown): void => told(message as Message)
  subscribe(name, listener)
  return () => void unsubscribe(name, listener)
}
