import type http from 'node:http';
import net from 'node:net';
import { createListeningHttp, type TargetServer } from './target-server.ts';

export interface ProxyServer extends TargetServer {
  /** What it was asked for: `CONNECT host:port`, `GET http://…`, with its Proxy-Authorization. */
  seen: { line: string; authorization: string | undefined; headers: http.IncomingHttpHeaders }[];
}

/** A forward proxy on loopback: tunnels and absolute-form requests. `refuse` answers a status instead. */
export async function startProxy(refuse: (line: string) => number | null = () => null): Promise<ProxyServer> {
  const seen: ProxyServer['seen'] = [];
  const note = (request: http.IncomingMessage) => {
    const line = `${request.method} ${request.url}`;
    seen.push({ line, authorization: request.headers['proxy-authorization'], headers: request.headers });
    return refuse(line);
  };
  const server = await createListeningHttp(
    async (request, response) => {
      const status = note(request);
      if (status !== null) return void response.writeHead(status).end();
      const { 'proxy-authorization': _, ...headers } = request.headers;
      const answer = await fetch(request.url ?? '', { headers: headers as Record<string, string> });
      response.writeHead(answer.status).end(await answer.text());
    },
    (own) =>
      own.on('connect', (request: http.IncomingMessage, client: net.Socket, head: Buffer) => {
        client.on('error', () => {});
        const status = note(request);
        if (status !== null) return void client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
        const { hostname, port } = new URL(`http://${request.url}`);
        const upstream = net.connect(Number(port || 80), hostname.replace(/^\[|\]$/g, ''), () => {
          client.write('HTTP/1.1 200 Connection established\r\n\r\n');
          upstream.write(head);
          upstream.pipe(client).pipe(upstream);
        });
        upstream.on('error', () => client.destroy());
        client.on('close', () => upstream.destroy());
      }),
  );
  return { ...server, seen };
}
