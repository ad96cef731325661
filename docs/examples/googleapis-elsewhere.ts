/** For tests: calls of https://www.googleapis.com go to the emulator, so that the app keeps the URLs that it has in production. */
import { Agent, getGlobalDispatcher, setGlobalDispatcher, type Dispatcher } from 'undici'

/** Sends calls of Google's APIs to `origin`, and gives a function that ends this. */
export function sendGoogleApisTo(origin: string): () => Promise<void> {
  const before = getGlobalDispatcher()
  const elsewhere: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
    dispatch(String(options.origin) === 'https://www.googleapis.com' ? { ...options, origin } : options, handler)
  const connections = new Agent()
  setGlobalDispatcher(connections.compose(elsewhere))
  return async () => {
    setGlobalDispatcher(before)
    await connections.close()
  }
}
