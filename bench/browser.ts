import { Agent, request } from 'undici'

/** Enough for a stampede to go out at once. */
const dispatcher = new Agent({ connections: 256 })

export interface Answer {
  status: number
  location: string | undefined
  text: string
}

/** What a browser does: keeps the cookies of one app, and follows redirects. */
export class Browser {
  readonly #app: string
  readonly #cookies = new Map<string, string>()

  constructor(app: string) {
    this.#app = app
  }

  /** A browser with the same cookies, for another app. */
  at(app: string): Browser {
    const browser = new Browser(app)
    for (const [name, value] of this.#cookies) browser.#cookies.set(name, value)
    return browser
  }

  async ask(
    path: string,
    { method = 'GET', app = this.#app }: { method?: 'GET' | 'POST'; app?: string } = {}
  ): Promise<Answer> {
    const url = new URL(path, app)
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = url.origin === app && cookie !== '' ? { cookie } : {}
    const { statusCode, headers: answered, body } = await request(url, { method, headers, dispatcher })
    for (const line of [answered['set-cookie'] ?? []].flat()) this.#keep(line)
    return { status: statusCode, location: answered.location as string | undefined, text: await body.text() }
  }

  /** Asks, and goes where it is sent until there is a page. Throws unless that is a success. */
  async visit(path: string): Promise<Answer> {
    let answer = await this.ask(path)
    while (answer.location !== undefined) answer = await this.ask(answer.location)
    if (answer.status !== 200) throw new Error(`${path} ended with ${answer.status}: ${answer.text}`)
    return answer
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const at = pair.indexOf('=')
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
    if (value === '' || attributes.includes('Max-Age=0')) this.#cookies.delete(name)
    else this.#cookies.set(name, value)
  }
}

/** Runs `work` so often, so many at a time. */
export async function repeat(times: number, atOnce: number, work: () => Promise<unknown>): Promise<void> {
  let left = times
  const worker = async (): Promise<void> => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
