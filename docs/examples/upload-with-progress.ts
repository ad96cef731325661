/** A file of the user, on its way to their Drive: streamed through this server, and its progress seen by the browser. */
import { type Readable, Transform } from 'node:stream'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import googleAuth, { type GoogleAuthOptions, type GoogleClient } from 'fastify-google-auth'

const DRIVE = 'https://www.googleapis.com/auth/drive.file'
const UPLOAD = 'https://www.googleapis.com/upload/drive/v3/files?uploadType=resumable'
const MOST_BYTES = 1024 ** 3

interface Upload {
  name: string
  type: string
  size: number
  body: Readable
  onProgress: (sent: number) => void
}

// #region upload
/** Sends a file in one stream, of which no more than a few chunks are in memory. Gives the id of the file. */
async function upload(client: GoogleClient, { name, type, size, body, onProgress }: Upload): Promise<string> {
  // A small request first: it is repeated with a fresh token where that is needed, and a stream cannot be.
  const session = await client.request({
    url: UPLOAD,
    method: 'POST',
    headers: { 'x-upload-content-type': type, 'x-upload-content-length': String(size) },
    data: { name }
  })
  const target = session.headers.get('location')
  if (target === null) throw new Error('Google gave no upload URL')

  let sent = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      sent += chunk.length
      onProgress(sent)
      next(null, chunk)
    }
  })
  body.on('error', (error) => counted.destroy(error))
  const { data } = await client.request<{ id: string }>({
    url: target,
    method: 'PUT',
    headers: { 'content-type': type, 'content-length': String(size) },
    data: body.pipe(counted)
  })
  return data.id
}
// #endregion

export async function buildApp(options: GoogleAuthOptions): Promise<FastifyInstance> {
  const app = Fastify({ bodyLimit: MOST_BYTES })
  await app.register(googleAuth, options)
  const onRequest = app.googleAuth.required({ scopes: [DRIVE] })
  /** Bytes on their way, by user and upload. With several processes, keep this in Redis. */
  const progress = new Map<string, { sent: number; size: number }>()
  const keyOf = (request: FastifyRequest): string =>
    `${request.signedInUser.sub} ${(request.params as { upload: string }).upload}`

  // #region route
  // Files are not read into memory, whatever their type.
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))

  app.put<{ Params: { upload: string }; Querystring: { name?: string } }>(
    '/uploads/:upload',
    { onRequest },
    async (request, reply) => {
      const size = Number(request.headers['content-length'])
      if (!(size > 0)) return reply.code(411).send({ message: 'Content-Length is missing' })
      const key = keyOf(request)
      progress.set(key, { sent: 0, size })
      try {
        const id = await upload(request.googleClient, {
          name: request.query.name ?? 'Untitled',
          type: request.headers['content-type'] ?? 'application/octet-stream',
          size,
          body: request.body as Readable,
          onProgress: (sent) => progress.set(key, { sent, size })
        })
        return { id }
      } finally {
        progress.delete(key)
      }
    }
  )

  app.get(
    '/uploads/:upload',
    { onRequest },
    async (request, reply) => progress.get(keyOf(request)) ?? reply.code(404).send()
  )
  // #endregion
  return app
}
