import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:net'
import type { Test } from 'tap'
import { eventually } from './redis.js'

const MISSING =
  'This test needs nginx and openssl: install them (Debian: apt-get install nginx-light openssl; macOS: brew install nginx openssl), or name nginx in NGINX_PATH.'

/** What Debian does not have in the PATH of a user. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin`

const configuration = (folder: string, port: number, to: number): string => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${folder}/certificate.pem;
    ssl_certificate_key ${folder}/key.pem;
    location / {
      proxy_pass http://127.0.0.1:${to};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`

/** Starts an nginx that ends TLS at `port` of localhost and hands requests on to the port `to`. It ends with the test. */
export async function startNginx(t: Test, port: number, to: number): Promise<void> {
  const folder = t.testdir({})
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, to))
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'certificate.pem')]
  try {
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    execFileSync('openssl', ['req', '-x509', ...kind, ...files, ...subject], { stdio: 'ignore' })
  } catch (error) {
    throw new Error(MISSING, { cause: error })
  }
  const nginx = spawn(process.env.NGINX_PATH ?? 'nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    env: { ...process.env, PATH },
    stdio: ['ignore', 'ignore', 'inherit']
  })
  const failed = once(nginx, 'exit').then(
    () => Promise.reject(new Error('nginx ended at once')),
    (error: unknown) => Promise.reject(new Error(MISSING, { cause: error }))
  )
  failed.catch(() => undefined)
  t.teardown(async () => {
    const gone = once(nginx, 'exit')
    if (nginx.exitCode === null && nginx.kill('SIGTERM')) await gone
  })
  await Promise.race([eventually(() => answers(port)), failed])
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isOpen = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'close').then(() => false)
  ]).catch(() => false)
  socket.destroy()
  return isOpen
}
