import { createServer } from 'node:net';

/** The target of all benchmarks, in a process of its own: reads a request, answers 200, closes. Prints its port. */
const ANSWER = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok',
);

const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('data', () => socket.end(ANSWER));
});
server.listen(0, '127.0.0.1', 4096, () => {
  const address = server.address();
  if (address && typeof address === 'object') process.stdout.write(`${address.port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
