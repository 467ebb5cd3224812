import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LOAD_CORE, PROXY_CORE, start } from '../harness/child.ts'
import { freePort, untilListening } from '../harness/port.ts'
import { newFolder } from '../harness/workspace.ts'
import { type Door, type DoorInput, doorOf } from './target.ts'

/** The answer of the app: 1 KiB. */
export const APP_BODY = 'x'.repeat(1024)

/** The app: answers everything with 1 KiB, and on /seen says which user it was told of. */
export async function startApp(): Promise<Door> {
  return startNginx(
    LOAD_CORE,
    (port) => `
    access_log off;
    server {
      listen 127.0.0.1:${port} backlog=4096;
      default_type text/html;
      location / { return 200 ${APP_BODY}; }
      location /seen { add_header X-Seen-Email "$http_x_forwarded_email"; return 200 ${APP_BODY}; }
    }`,
  )
}

/** nginx as a proxy that says who is signed in and writes an access line, but checks nothing. */
export async function startNginxProxy({ upstreamPort, accessLog }: DoorInput): Promise<Door> {
  return startNginx(
    PROXY_CORE,
    (port) => `
    access_log ${accessLog} combined;
    upstream app { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 1000000000; }
    server {
      listen 127.0.0.1:${port} backlog=4096;
      location / {
        proxy_pass http://app;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto http;
        proxy_set_header X-Forwarded-Host $http_host;
        proxy_set_header X-Forwarded-User alice-1;
        proxy_set_header X-Forwarded-Email alice@example.com;
        proxy_set_header X-Forwarded-Groups users;
        proxy_set_header X-Forwarded-Preferred-Username alice;
      }
    }`,
  )
}

async function startNginx(core: number, http: (port: number) => string): Promise<Door> {
  const port = await freePort()
  const folder = newFolder('nginx')
  writeFileSync(join(folder, 'nginx.conf'), wholeConfig(http(port)))
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']
  const child = start({ core, command: 'nginx', args })
  await untilListening(port)
  return doorOf(child, port)
}

/** One process without a master, so that its CPU time is all there is. */
function wholeConfig(http: string): string {
  return `
  daemon off;
  master_process off;
  pid nginx.pid;
  error_log stderr crit;
  worker_rlimit_nofile 20000;
  events { worker_connections 16384; }
  http {
    keepalive_timeout 3600s;
    keepalive_requests 1000000000;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    ${http}
  }
`
}
